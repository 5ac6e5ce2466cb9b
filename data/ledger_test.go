package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A row stays on its side whatever rows are added, in whatever order.
func TestSplitStays(t *testing.T) {
	spec := basic("text")
	spec.ValidationShare = 0.3
	sides := func(text string) map[[32]byte]Fate {
		set, side := mustBuild(t, spec, text), map[[32]byte]Fate{}
		for _, e := range set.Ledger() {
			side[e.Source] = e.Fate
		}
		if c := set.Count(); c.Trained != len(set.Train) || c.Validation != len(set.Validation) || c.Rows != c.Trained+c.Validation {
			t.Errorf("%d and %d examples, the ledger says %+v", len(set.Train), len(set.Validation), c)
		}
		return side
	}
	few := sides(lettered(12))
	spec.Template, spec.MaxLength = "other text: {text}", 100 // what becomes of a row does not matter
	many := sides("\ufeff" + "{\"text\": \"new\"}\r\n" + strings.ReplaceAll(lettered(26), "\n", "\r\n"))
	validated := 0
	for source, fate := range few {
		if many[source] != fate {
			t.Errorf("a row moved from %s to %s", fate, many[source])
		}
	}
	for _, fate := range many {
		if fate == Validated {
			validated++
		}
	}
	if validated < 3 || validated > 14 {
		t.Errorf("%d of 27 rows are kept for validation, wanted about 8", validated)
	}
}

func TestValidationFile(t *testing.T) {
	spec := basic("text")
	spec.Validation, spec.End = "v.jsonl", 1
	set, err := build(t, spec, map[string]string{"rows.jsonl": lettered(3), "v.jsonl": lettered(5)})
	if err != nil {
		t.Fatal(err)
	}
	batches := set.ValidationBatches()
	if got := documents(t, set, batches); len(batches) != 3 || len(got) != 5 || got[4] != "e[eeee<|eos|>]" {
		t.Errorf("%d batches of %q", len(batches), got)
	}
	if c := set.Count(); c.Trained != 1 || c.Validation != 5 {
		t.Errorf("%+v", c)
	}
}

const ledgerOfThree = `{"file":"rows.jsonl","row":0,"line":1,"source_sha256":"SOURCE0","text_sha256":"TEXT0","ids_sha256":"IDS0","tokens":2,"targets":1,"validation_targets":0,"fate":"trained","lost_tokens":0}
{"file":"rows.jsonl","row":1,"line":3,"source_sha256":"SOURCE1","text_sha256":"TEXT1","ids_sha256":"IDS1","tokens":6,"targets":FATE1}
`

// Rows too long are cut or left out as the recipe says, and the ledger tells which and by how much.
func TestTooLong(t *testing.T) {
	const short, long = `{"text": "a"}`, `{"text": "bcdef"}`
	sum := func(text string) string { s := sha256.Sum256([]byte(text)); return hex.EncodeToString(s[:]) }
	for policy, fate := range map[string]string{
		"truncate": `3,"validation_targets":0,"fate":"trained","lost_tokens":2`,
		"drop":     `0,"validation_targets":0,"fate":"dropped","lost_tokens":6`,
	} {
		spec := basic("text")
		spec.TooLong, spec.MaxLength = policy, 4
		set := mustBuild(t, spec, short+"\n\n"+long)
		var out bytes.Buffer
		digest, err := set.WriteLedger(&out)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.NewReplacer("SOURCE0", sum(short), "TEXT0", sum("a"), "IDS0", sum("a\x00\x00\x00\x02\x01\x00\x00"), "SOURCE1", sum(long), "TEXT1", sum("bcdef"),
			"IDS1", sum("b\x00\x00\x00c\x00\x00\x00d\x00\x00\x00e\x00\x00\x00f\x00\x00\x00\x02\x01\x00\x00"), "FATE1", fate).Replace(ledgerOfThree)
		if out.String() != want || digest != sha256.Sum256([]byte(want)) {
			t.Errorf("%s: got\n%s%x\nwant\n%s%s", policy, out.String(), digest, want, sum(want))
		}
		c := set.Count()
		if got, want := fmt.Sprintf("%+v", c), map[string]string{
			"truncate": "{Rows:2 Trained:2 Validation:0 Dropped:0 Truncated:1 Tokens:8 Targets:4 Held:0 Lost:2}",
			"drop":     "{Rows:2 Trained:1 Validation:0 Dropped:1 Truncated:0 Tokens:8 Targets:1 Held:0 Lost:6}",
		}[policy]; got != want {
			t.Errorf("%s: got %s, want %s", policy, got, want)
		}
		if got := told(t, set.Train[len(set.Train)-1]); policy == "truncate" && got != "b[cde]" {
			t.Errorf("cut to %q", got)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestLedgerCannotBeWritten(t *testing.T) {
	if _, err := mustBuild(t, basic("text"), `{"text": "a"}`).WriteLedger(full{}); err == nil || err.Error() != "no space" {
		t.Errorf("got %v", err)
	}
}

func TestPreview(t *testing.T) {
	set := mustBuild(t, basic("prompt"), `{"prompt": "é", "completion": "b"}`+"\n"+`{"prompt": "c", "completion": "d"}`)
	list := set.Preview(bytesLanguage(t), 1)
	if got, want := fmt.Sprint(list), "[[{é false} {b<|eos|> true}]]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := len(set.Preview(bytesLanguage(t), 9)); n != 2 {
		t.Errorf("%d examples of 2", n)
	}
}
