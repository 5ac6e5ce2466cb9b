package terminal

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// plainEvery is how often a progress line is printed where nothing can be redrawn (a log file, a pipe).
const plainEvery = 5 * time.Second

// bar is the running progress of one command.
type bar struct {
	line  *progressbar.ProgressBar // nil where nothing can be redrawn
	total int
	last  time.Time
}

// Progress shows that done of total units are finished, with a short text such as "loss 1.234  310 tokens/s  left 2m10s".
// On a terminal one line is redrawn; elsewhere a plain line is printed every few seconds, and always for the first and the
// last unit. With --json nothing is shown: the steps are results there.
func (t *Terminal) Progress(done, total int, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.json {
		return
	}
	if t.bar == nil || t.bar.total != total {
		t.bar = t.newBar(total)
	}
	if t.bar.line != nil {
		t.bar.line.Describe(text)
		_ = t.bar.line.Set(done)
	} else if done <= 1 || done == total || time.Since(t.bar.last) >= plainEvery {
		t.bar.last = time.Now()
		fmt.Fprintf(t.errs, "step %d/%d  %s\n", done, total, text)
	}
	if done >= total {
		t.clear()
		t.bar = nil
	}
}

func (t *Terminal) newBar(total int) *bar {
	if !t.interactive {
		return &bar{total: total}
	}
	return &bar{total: total, line: progressbar.NewOptions(total,
		progressbar.OptionSetWriter(t.errs), progressbar.OptionSetWidth(24), progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))}
}

// clear removes a drawn progress line before something else is printed.
func (t *Terminal) clear() {
	if t.bar != nil && t.bar.line != nil {
		_ = t.bar.line.Clear()
	}
}
