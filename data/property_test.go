package data

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// chosenAtRandom is a Spec and rows for it; every row has its own text.
func chosenAtRandom(r *rand.Rand) (Spec, map[string]string) {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	spec := basic(pick("text", "prompt", "chat"))
	spec.TrainOn, spec.Order, spec.Windows = pick("completion", "all"), pick("file", "shuffled"), pick("separate", "contiguous")
	spec.TooLong, spec.Packing, spec.AddBOS = pick("truncate", "drop"), r.IntN(2) == 0, r.IntN(2) == 0
	spec.MaxLength, spec.Batch, spec.Accumulate = 20+r.IntN(80), 1+r.IntN(3), 1+r.IntN(3)
	spec.ValidationShare, spec.Seed = float64(r.IntN(3))/5, r.Uint64()
	var rows strings.Builder
	for i := range 1 + r.IntN(30) {
		text := fmt.Sprintf("%d", i) + strings.Repeat("x", r.IntN(30))
		switch spec.Format {
		case "text":
			fmt.Fprintf(&rows, "{\"text\": %q}\n", text)
		case "prompt":
			fmt.Fprintf(&rows, "{\"prompt\": %q, \"completion\": \"ok <|im_end|>\"}\n", text)
		default:
			fmt.Fprintf(&rows, "{\"messages\": [{\"role\": \"user\", \"content\": \"?\"}, {\"role\": \"assistant\", \"content\": %q}]}\n", text)
		}
	}
	files := map[string]string{"rows.jsonl": rows.String()}
	if spec.Format == "text" && r.IntN(2) == 0 {
		spec.Files = append(spec.Files, "a.txt")
		files["a.txt"] = strings.Repeat("plain text\n", 1+r.IntN(20))
	}
	return spec, files
}

// Whatever the choices: the tokens of the ledger are those of the examples and the lost ones, its targets are theirs, and an
// epoch's steps hold every training example once.
func TestNothingIsLost(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	built := 0
	for range 400 {
		spec, files := chosenAtRandom(r)
		set, err := build(t, spec, files)
		if err != nil {
			if !strings.Contains(err.Error(), "keeps no row for validation") && !strings.Contains(err.Error(), "no row is left") && !strings.Contains(err.Error(), "no target left") {
				t.Fatal(err)
			}
			continue
		}
		built++
		checkAccount(t, spec, set)
	}
	if built < 200 {
		t.Errorf("only %d of 400 datasets could be built", built)
	}
}

func checkAccount(t *testing.T, spec Spec, set *Set) {
	t.Helper()
	var tokens, targets, held [2]int
	for side, examples := range [][]Example{set.Train, set.Validation} {
		for _, e := range examples {
			if len(e.Tokens) > spec.MaxLength {
				t.Fatalf("%+v: an example has %d tokens", spec, len(e.Tokens))
			}
			tokens[side], targets[side] = tokens[side]+len(e.Tokens), targets[side]+e.Targets()
		}
	}
	c := set.Count()
	for _, e := range set.Ledger() {
		if e.Fate == Validated {
			held[1] += e.Targets
		} else {
			held[0], held[1] = held[0]+e.Targets-e.Held, held[1]+e.Held
		}
	}
	left := c.Tokens - c.Lost - tokens[0] - tokens[1] // last tokens of streams, which are nothing but the targets of windows
	if left < 0 || left > 0 && spec.Format != "text" || held != targets || c.Targets != targets[0]+targets[1] {
		t.Fatalf("%+v: %v tokens and %v targets; the ledger says %+v, %v", spec, tokens, targets, c, held)
	}
	seen := [2]int{}
	for step := range set.Steps(1) {
		for _, b := range set.Step(step) {
			seen[0] += len(b.Tokens)
			for _, target := range b.Targets {
				if target >= 0 {
					seen[1]++
				}
			}
		}
	}
	if seen != [2]int{tokens[0], targets[0]} {
		t.Fatalf("%+v: an epoch has %v tokens and targets, the examples %d and %d", spec, seen, tokens[0], targets[0])
	}
}
