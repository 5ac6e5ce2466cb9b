// Package section reads the sections of a tokenizer.json: objects with a fixed set of members, of which an unknown one is a
// problem. Problems are collected, so that one reading tells them all, each with its line and path.
//
// It knows nothing of what a tokenizer is.
package section

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/osft-project/osft/provenance/strict"
)

// most is how many problems are told one by one; a file with more is told how many more.
const most = 20

// Reader collects the problems of one document.
type Reader struct {
	problems []error
	more     int
}

// Problem notes what is wrong with a value.
func (r *Reader) Problem(v strict.Value, format string, args ...any) {
	if len(r.problems) == most {
		r.more++
		return
	}
	r.problems = append(r.problems, v.Errorf(format, args...))
}

// Err returns all problems as one error, or nil.
func (r *Reader) Err() error {
	if r.more > 0 {
		return errors.Join(append(r.problems, fmt.Errorf("and %d more problems", r.more))...)
	}
	return errors.Join(r.problems...)
}

// Known reports whether name is one of the names, and notes the problem if it is not. What tells what the names are of.
func (r *Reader) Known(v strict.Value, what, name string, names ...string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	r.Problem(v, "unknown %s %q (known: %s)", what, name, strings.Join(names, ", "))
	return false
}

// Object is an object being read. Every member must be asked for before Done.
type Object struct {
	Value  strict.Value
	reader *Reader
	asked  []string
}

// Object begins to read an object; a value of another kind is a problem and reads as an empty object.
func (r *Reader) Object(v strict.Value) *Object {
	if _, err := v.Object(); err != nil {
		r.Problem(v, "is %v, must be an object", v.Kind())
		return &Object{reader: r}
	}
	return &Object{Value: v, reader: r}
}

// Done notes every member that nobody asked for. What names the object in the message.
func (o *Object) Done(what string) {
	members, err := o.Value.Object()
	if err != nil {
		return
	}
next:
	for _, m := range members {
		for _, name := range o.asked {
			if m.Name == name {
				continue next
			}
		}
		o.reader.Problem(m.Value, "%s has no %q that is known here", what, m.Name)
	}
}

// Get returns a member, false where it is absent.
func (o *Object) Get(name string) (strict.Value, bool) {
	o.asked = append(o.asked, name)
	return o.Value.Get(name)
}

// Need returns a member that must be there.
func (o *Object) Need(name string) (strict.Value, bool) {
	v, ok := o.Get(name)
	if !ok && o.Value.Kind() == strict.Object {
		o.reader.Problem(o.Value, "has no %q", name)
	}
	return v, ok
}

// Bool returns a boolean, or the standard value where the member is absent or null.
func (o *Object) Bool(name string, standard bool) bool {
	v, ok := o.Get(name)
	if !ok || v.IsNull() {
		return standard
	}
	return o.boolean(v, standard)
}

// NeedBool returns a boolean that must be there.
func (o *Object) NeedBool(name string) bool {
	v, ok := o.Need(name)
	return ok && o.boolean(v, false)
}

func (o *Object) boolean(v strict.Value, standard bool) bool {
	b, err := v.Bool()
	if err != nil {
		o.reader.Problem(v, "is %v, must be a boolean", v.Kind())
		return standard
	}
	return b
}

// String returns a string; ok is false where it is absent, null or, with a problem, something else.
func (o *Object) String(name string) (s string, ok bool) {
	v, ok := o.Get(name)
	if !ok || v.IsNull() {
		return "", false
	}
	return o.text(v)
}

// NeedString returns a string that must be there.
func (o *Object) NeedString(name string) (s string, ok bool) {
	v, ok := o.Need(name)
	if !ok {
		return "", false
	}
	return o.text(v)
}

func (o *Object) text(v strict.Value) (string, bool) {
	s, err := v.String()
	if err != nil {
		o.reader.Problem(v, "is %v, must be a string", v.Kind())
		return "", false
	}
	return s, true
}

// NeedChar returns a string of one character that must be there.
func (o *Object) NeedChar(name string) (char string, ok bool) {
	s, ok := o.NeedString(name)
	if ok && utf8.RuneCountInString(s) != 1 {
		v, _ := o.Get(name)
		o.reader.Problem(v, "is %q, must be one character", s)
		return "", false
	}
	return s, ok
}

// NeedCount returns an integer from 0 to 2^31-1 that must be there.
func (o *Object) NeedCount(name string) (n int, ok bool) {
	v, ok := o.Need(name)
	if !ok {
		return 0, false
	}
	return o.reader.Count(v)
}

// Count reads an integer from 0 to 2^31-1.
func (r *Reader) Count(v strict.Value) (n int, ok bool) {
	i, err := v.Int64()
	if err != nil || i < 0 || i > 1<<31-1 {
		raw := v.Raw()
		if len(raw) > 40 {
			raw = raw[:40] + "..."
		}
		r.Problem(v, "is %s, must be an integer from 0 to 2147483647", raw)
		return 0, false
	}
	return int(i), true
}

// NeedArray returns the elements of an array that must be there.
func (o *Object) NeedArray(name string) []strict.Value {
	v, ok := o.Need(name)
	if !ok {
		return nil
	}
	return o.reader.Array(v)
}

// Array returns the elements of an array; a value of another kind is a problem.
func (r *Reader) Array(v strict.Value) []strict.Value {
	list, err := v.Array()
	if err != nil {
		r.Problem(v, "is %v, must be an array", v.Kind())
	}
	return list
}
