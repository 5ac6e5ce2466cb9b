package strict

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Kind says which of JSON's six kinds a value is.
type Kind uint8

// The kinds of JSON values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String is the kind with its article, as error messages name it.
func (k Kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// document is a parsed text: its nodes in the order of the text, names among them as strings.
type document struct {
	text  string
	nodes []node
}

type node struct {
	start, end uint32 // where in the text
	next       int32  // the node after this one and all that it holds
	kind       Kind
}

// Value is one value of a parsed document. It is small, copied freely, and safe for concurrent use. The zero Value is null
// and belongs to no document.
type Value struct {
	doc   *document
	index int32
}

// Member is a name and its value, in the order in which the object has them.
type Member struct {
	Name  string
	Value Value
}

func (v Value) node() node {
	if v.doc == nil {
		return node{}
	}
	return v.doc.nodes[v.index]
}

// Kind returns the kind of the value.
func (v Value) Kind() Kind { return v.node().kind }

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.Kind() == Null }

// Raw returns the text of the value exactly as the document has it.
func (v Value) Raw() string {
	if v.doc == nil {
		return "null"
	}
	n := v.node()
	return v.doc.text[n.start:n.end]
}

// Offset returns the byte offset of the value in its document; len(v.Raw()) bytes from there are the value, so that a
// document can be edited in place.
func (v Value) Offset() int { return int(v.node().start) }

// Line returns the line of the value in its document, from 1.
func (v Value) Line() int {
	if v.doc == nil {
		return 1
	}
	return 1 + strings.Count(v.doc.text[:v.node().start], "\n")
}

// Path returns the JSON pointer (RFC 6901) of the value in its document; the document itself is "".
func (v Value) Path() string {
	if v.doc == nil {
		return ""
	}
	var path jsontext.Pointer
	for at := (Value{doc: v.doc}); at.index != v.index; {
		step, child := at.towards(v.index)
		path, at = path.AppendToken(step), child
	}
	return string(path)
}

// towards finds the member or element in which the node lies.
func (v Value) towards(index int32) (string, Value) {
	if v.Kind() == Object {
		for _, m := range v.members() {
			if index < m.Value.node().next {
				return m.Name, m.Value
			}
		}
	}
	for i, e := range v.elements() {
		if index < e.node().next {
			return strconv.Itoa(i), e
		}
	}
	return "", Value{doc: v.doc, index: index}
}

// Errorf is an error about this value: its line, its offset and its path before the message.
func (v Value) Errorf(format string, args ...any) error {
	return &Error{Offset: int64(v.Offset()), Line: v.Line(), Path: v.Path(), Err: fmt.Errorf(format, args...)}
}

func (v Value) want(k Kind) error {
	if v.Kind() == k {
		return nil
	}
	return v.Errorf("is %v, must be %v", v.Kind(), k)
}

// Object returns the members of an object in their order.
func (v Value) Object() ([]Member, error) {
	if err := v.want(Object); err != nil {
		return nil, err
	}
	return v.members(), nil
}

func (v Value) members() []Member {
	nodes := v.doc.nodes
	count := 0
	for i := v.index + 1; i < nodes[v.index].next; i = nodes[i+1].next {
		count++
	}
	list := make([]Member, 0, count)
	for i := v.index + 1; i < nodes[v.index].next; i = nodes[i+1].next {
		list = append(list, Member{Name: Value{doc: v.doc, index: i}.text(), Value: Value{doc: v.doc, index: i + 1}})
	}
	return list
}

// Get returns the member of that name. It is false where v has none, and where v is not an object.
func (v Value) Get(name string) (Value, bool) {
	if v.Kind() != Object {
		return Value{}, false
	}
	nodes := v.doc.nodes
	for i := v.index + 1; i < nodes[v.index].next; i = nodes[i+1].next {
		if (Value{doc: v.doc, index: i}).text() == name {
			return Value{doc: v.doc, index: i + 1}, true
		}
	}
	return Value{}, false
}

// Array returns the elements of an array.
func (v Value) Array() ([]Value, error) {
	if err := v.want(Array); err != nil {
		return nil, err
	}
	return v.elements(), nil
}

func (v Value) elements() []Value {
	nodes := v.doc.nodes
	count := 0
	for i := v.index + 1; i < nodes[v.index].next; i = nodes[i].next {
		count++
	}
	list := make([]Value, 0, count)
	for i := v.index + 1; i < nodes[v.index].next; i = nodes[i].next {
		list = append(list, Value{doc: v.doc, index: i})
	}
	return list
}

// String returns the content of a string.
func (v Value) String() (string, error) {
	if err := v.want(String); err != nil {
		return "", err
	}
	return v.text(), nil
}

// text decodes a string that the parser has accepted. Without escapes it is a part of the document's own text.
func (v Value) text() string {
	raw := v.Raw()
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	decoded, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		panic("strict: a string that was accepted does not decode: " + err.Error())
	}
	return string(decoded)
}

// Bool returns a boolean.
func (v Value) Bool() (bool, error) {
	if err := v.want(Bool); err != nil {
		return false, err
	}
	return v.Raw() == "true", nil
}

// Int64 returns a number written as an integer: 2 is one, 2.0 and 2e0 are not.
func (v Value) Int64() (int64, error) {
	if err := v.want(Number); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(v.Raw(), 10, 64)
	if err != nil {
		return 0, v.Errorf("%s is not an integer of 64 bits", v.Raw())
	}
	return n, nil
}

// Uint64 returns a number written as an integer that is not negative.
func (v Value) Uint64() (uint64, error) {
	if err := v.want(Number); err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(v.Raw(), 10, 64)
	if err != nil {
		return 0, v.Errorf("%s is not an integer between 0 and 2^64-1", v.Raw())
	}
	return n, nil
}

// Float64 returns the float64 nearest to a number; a number beyond their range is an error, Raw has the digits.
func (v Value) Float64() (float64, error) {
	if err := v.want(Number); err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(v.Raw(), 64)
	if err != nil {
		return 0, v.Errorf("%s is beyond the range of a float64", v.Raw())
	}
	return f, nil
}

// MarshalJSON returns the value as the document has it, so that it can stand in what Marshal writes.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(v.Raw()), nil }
