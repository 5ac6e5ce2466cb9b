package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestWindows(t *testing.T) {
	files := map[string]string{"a.txt": "abcdefg", "b.txt": "\ufeffhi\r\n", "c.jsonl": `{"text": "jk"}` + "\n" + `{"text": "l"}`}
	for _, tt := range []struct {
		name    string
		windows string
		files   []string
		eos     bool
		want    []string // targets, each with the token before it
		rows    []string
	}{
		{"separate", "separate", []string{"a.txt", "b.txt"}, true,
			[]string{"a[bcd]>e", "e[fg<|eos|>]", "h[i\r\n]><|eos|>"}, []string{"a.txt", "a.txt", "b.txt"}},
		{"a last token alone", "separate", []string{"a.txt"}, false, []string{"a[bcd]>e", "e[fg]"}, []string{"a.txt", "a.txt"}},
		{"contiguous", "contiguous", []string{"a.txt", "b.txt"}, true,
			[]string{"a[bcd]>e", "e[fg<|eos|>]>h", "h[i\r\n]><|eos|>"}, []string{"a.txt", "a.txt", "b.txt"}},
		{"contiguous without end", "contiguous", []string{"a.txt", "b.txt", "c.jsonl"}, false,
			[]string{"a[bcd]>e", "e[fgh]>i", "i[\r\nj]>k", "k[l]"}, []string{"a.txt", "a.txt b.txt", "b.txt c.jsonl:1", "c.jsonl:1 c.jsonl:2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := basic("text")
			spec.Files, spec.Windows, spec.AddEOS, spec.MaxLength = tt.files, tt.windows, tt.eos, 4
			set, err := build(t, spec, files)
			if err != nil {
				t.Fatal(err)
			}
			var got, rows []string
			targets := 0
			for _, e := range set.Train {
				text := told(t, e)
				if next := e.Next[len(e.Next)-1]; next >= 0 {
					text += ">" + bytesLanguage(t).Tokenizer.Decode([]int32{next}, false)
				}
				got, rows = append(got, text), append(rows, strings.Join(e.Rows, " "))
				targets += e.Targets()
			}
			if !slices.Equal(got, tt.want) || !slices.Equal(rows, tt.rows) {
				t.Errorf("got  %q of %q\nwant %q of %q", got, rows, tt.want, tt.rows)
			}
			if c := set.Count(); c.Targets != targets || c.Rows != len(set.Ledger()) || c.Lost != 0 {
				t.Errorf("%d targets, the ledger says %+v", targets, c)
			}
		})
	}
}

// Whatever the lengths, every token but the first of a stream is predicted exactly once.
func TestWindowsLoseNothing(t *testing.T) {
	for length := 1; length < 14; length++ {
		for size := 2; size < 6; size++ {
			for _, share := range []float64{0, 0.5} {
				spec := basic("text")
				spec.Files, spec.MaxLength, spec.ValidationShare = []string{"a.txt"}, size, share
				text := "abcdefghijklmn"[:length]
				set, err := build(t, spec, map[string]string{"a.txt": text})
				if err != nil && share == 0 {
					t.Fatal(err)
				}
				if err != nil {
					continue // all windows on one side
				}
				predicted, held := map[int32]int{}, 0
				for i, e := range slices.Concat(set.Train, set.Validation) {
					for _, next := range e.Next {
						if next >= 0 {
							predicted[next]++
							if i >= len(set.Train) {
								held++
							}
						}
					}
				}
				for _, c := range []byte(text[1:]) {
					if predicted[int32(c)] != 1 {
						t.Errorf("%d tokens in windows of %d: %q is predicted %d times", length, size, c, predicted[int32(c)])
					}
				}
				if predicted[eos] != 1 || len(predicted) != length {
					t.Errorf("%d tokens in windows of %d: %v", length, size, predicted)
				}
				if e := set.Ledger()[0]; e.Held != held || e.Targets != length {
					t.Errorf("%d targets are held, the ledger says %d of %d", held, e.Held, e.Targets)
				}
			}
		}
	}
}

// Rows may go to either side when windows are contiguous; each side carries on by itself, and text before other rows does not
// make rows be split by windows.
func TestContiguousSplit(t *testing.T) {
	spec := basic("text")
	spec.Files, spec.Windows, spec.MaxLength, spec.ValidationShare = []string{"a.txt", "rows.jsonl"}, "contiguous", 4, 0.4
	set, err := build(t, spec, map[string]string{"a.txt": strings.Repeat("plain ", 20), "rows.jsonl": lettered(26)})
	if err != nil {
		t.Fatal(err)
	}
	sides := map[string]string{}
	for _, e := range set.Ledger()[1:] {
		sides[fmt.Sprintf("%s:%d", e.File, e.Line)] = string(e.Fate)
	}
	for side, examples := range map[string][]Example{"trained": set.Train, "validation": set.Validation} {
		for _, e := range examples {
			for _, row := range e.Rows {
				if got := sides[row]; got != side && row != "a.txt" {
					t.Errorf("%s is in %s, the ledger says %q", row, side, got)
				}
			}
			if len(e.Rows) > 1 && e.Rows[0] == "a.txt" {
				t.Errorf("a window holds %q", e.Rows)
			}
		}
	}
	if n := len(set.Ledger()[1:]); n != 26 || set.Count().Validation == 0 {
		t.Errorf("%d rows, %d validated", n, set.Count().Validation)
	}
}

// Windows of plain text are split, not files, and the ledger says of each file how many of its targets are kept.
func TestPlainSplit(t *testing.T) {
	spec := basic("text")
	spec.Windows, spec.MaxLength, spec.ValidationShare, spec.AddEOS = "contiguous", 3, 0.4, false
	files := map[string]string{}
	for i := range 20 {
		name := fmt.Sprintf("%c.txt", 'a'+i)
		files[name] = strings.Repeat(string(rune('a'+i)), 5)
		spec.Files = append(spec.Files, name)
	}
	spec.Files = spec.Files[1:] // basic's own
	set, err := build(t, spec, files)
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]int{}
	for _, e := range set.Validation {
		for _, next := range e.Next {
			if next >= 0 {
				held[fmt.Sprintf("%c.txt", next)]++
			}
		}
	}
	for _, e := range set.Ledger() {
		if e.Fate != Trained || e.Held != held[e.File] {
			t.Errorf("%s is %s and keeps %d targets, want %d", e.File, e.Fate, e.Held, held[e.File])
		}
	}
	if len(set.Ledger()) != 20 || len(held) < 5 {
		t.Errorf("%d files, %d with targets kept", len(set.Ledger()), len(held))
	}
}
