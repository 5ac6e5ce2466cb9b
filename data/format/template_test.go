package format

import (
	"reflect"
	"testing"

	"github.com/osft-project/osft/data/template"
)

func TestTemplateOf(t *testing.T) {
	parsed, err := template.Parse(`{{ bos_token }}{{ pad_token is defined }}{% for m in messages %}[{{ m.role }}]` +
		`{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{{ eos_token }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}` +
		`{{ '[assistant]' if add_generation_prompt }}{{ tools }}{{ documents }}`)
	if err != nil {
		t.Fatal(err)
	}
	write := TemplateOf(parsed, map[string]string{"bos_token": "<s>", "eos_token": "</s>"})
	text, said, err := write.Render([]Message{{"user", "é"}, {"assistant", "ja"}, {"assistant", ""}}, true)
	if want := "<s>False[user]é[assistant]ja</s>[assistant]</s>[assistant]NoneNone"; err != nil || text != want {
		t.Fatalf("%q, %v, want %q", text, err, want)
	}
	if want := []Span{{Start: 27, End: 33}, {Start: 44, End: 48}}; !reflect.DeepEqual(said, want) {
		t.Errorf("said %v, want %v (%q)", said, want, text[said[0].Start:said[0].End])
	}
	parsed, err = template.Parse("a\n{{ strftime_now('%Y') }}")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = TemplateOf(parsed, nil).Render(nil, false); err == nil || err.Error() != "chat template: line 2: strftime_now: the template asks for the date, "+
		"and none is given (a text that changes by the day cannot be made again; write the date into a copy of the template)" {
		t.Error(err)
	}
}
