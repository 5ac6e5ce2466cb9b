package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// brokenRows says what each case of the vectors ends as: the beginning of its only error, or nothing where it is accepted.
var brokenRows = map[string]string{
	"all_without_assistant": "data.jsonl:1: has no turn of the assistant",
	"assistant_empty":       "data.jsonl:3: turn 1: the assistant says nothing",
	"broken_line_3":         "data.jsonl:3: is not a JSON object: byte ",
	"content_not_string":    "data.jsonl:2: messages[0].content: is an object, not a string",
	"deep_nesting":          "data.jsonl:3: is not a JSON object: byte ",
	"duplicate_key":         "data.jsonl:3: is not a JSON object: byte ",
	"empty_file":            "data.jsonl: holds no rows",
	"field_missing":         "data.jsonl:3: text: is missing",
	"field_null":            "data.jsonl:3: text: is null, not a string",
	"field_wrong_type":      "data.jsonl:3: text: is a number, not a string",
	"invalid_utf8":          "data.jsonl:3: byte ",
	"json_array_file":       "data.jsonl:1: is ",
	"line_not_object":       "data.jsonl:3: is an array, not an object",
	"lone_surrogate":        "data.jsonl:3: is not a JSON object: byte ",
	"longer_than_context":   "data.jsonl:3: has ",
	"messages_empty":        "data.jsonl:2: messages: is not a list of turns",
	"no_assistant":          "data.jsonl:2: has no turn of the assistant",
	"only_whitespace":       "data.jsonl: holds no rows",
	"raw_nul_bytes":         "data.jsonl:3: is not a JSON object: byte ",
	"role_missing":          "data.jsonl:2: messages[0].role: is missing",
	"role_unknown":          `data.jsonl:2: messages[0].role: "wizard" is not a known role`,
	"text_empty":            "data.jsonl:3: text: is empty",
	"two_objects_on_line":   "data.jsonl:3: is not a JSON object: byte ",
	"utf16":                 "data.jsonl:1: the file is UTF-16",
}

// acceptedRows are how many rows the other cases have.
var acceptedRows = map[string]int{
	"blank_lines": 5, "bom": 5, "crlf": 5, "line_10mb": 3, "no_final_newline": 5, "nul_character": 5, "special_token_in_content": 2,
	"valid_chat": 5, "valid_text": 5,
}

func TestConformanceBroken(t *testing.T) {
	vectors := os.Getenv("OSFT_VECTORS")
	if vectors == "" {
		t.Skip("skipped: no vectors")
	}
	folders, err := filepath.Glob(filepath.Join(vectors, "models/broken/jsonl/*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases of broken rows in %s: %v", vectors, err)
	}
	t.Run("jsonl", func(t *testing.T) {
		for _, folder := range folders {
			t.Run(filepath.Base(folder), func(t *testing.T) { brokenCase(t, folder) })
		}
	})
	t.Logf("%d cases", len(folders))
}

func brokenCase(t *testing.T, folder string) {
	name := filepath.Base(folder)
	expect, err := os.ReadFile(filepath.Join(folder, "expect.txt"))
	if err != nil {
		t.Fatal(err)
	}
	verdict, _, _ := strings.Cut(string(expect), ":")
	text := readCase(t, folder)
	spec := basic("text")
	spec.Files = []string{"data.jsonl"}
	if bytes.Contains(text, []byte(`"messages"`)) {
		spec.Format = "chat"
	}
	if name == "line_10mb" {
		spec.MaxLength = 20 << 20
	}
	set, err := Build(context.Background(), fstest.MapFS{"data.jsonl": &fstest.MapFile{Data: text}}, spec, bytesLanguage(t))
	want, refused := brokenRows[name]
	if refused && verdict == "accept" || !refused && verdict == "reject" {
		t.Fatalf("the vectors say %q, the test expects %q", expect, want)
	}
	if !refused {
		if rows := acceptedRows[name]; err != nil || rows == 0 || len(set.Train) != rows {
			t.Fatalf("error %v, want %d rows", err, rows)
		}
		return
	}
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Fatalf("got  %v\nwant %s…", err, want)
	}
	if problems := strings.Count(err.Error(), "\n"); problems > 0 && name != "all_without_assistant" && name != "json_array_file" {
		t.Errorf("other rows are blamed too:\n%v", err)
	}
	if len(err.Error()) > 2000 {
		t.Errorf("the message has %d bytes", len(err.Error()))
	}
	t.Log(err)
}

// readCase is a case's file, which may be gzipped.
func readCase(t *testing.T, folder string) []byte {
	t.Helper()
	packed, err := os.Open(filepath.Join(folder, "data.jsonl.gz"))
	if err != nil {
		text, err := os.ReadFile(filepath.Join(folder, "data.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	defer packed.Close()
	reader, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
