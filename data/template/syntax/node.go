package syntax

// Expr is an expression.
type Expr interface{ At() int }

// Pos is the line of a node; At returns it.
type Pos int

// At is the line, from 1.
func (p Pos) At() int { return int(p) }

// The expressions. Fields hold the operands in the order of the text.
type (
	// Const is a literal: nil, bool, int64, float64 or string.
	Const struct {
		Pos
		Value any
	}
	// Name is a variable.
	Name struct {
		Pos
		Name string
	}
	// List is a list or a tuple.
	List struct {
		Pos
		Items []Expr
		Tuple bool
	}
	// Dict is a mapping literal.
	Dict struct {
		Pos
		Keys, Values []Expr
	}
	// Unary is "not", "-" or "+".
	Unary struct {
		Pos
		Op string
		X  Expr
	}
	// Binary is arithmetic, "and" or "or".
	Binary struct {
		Pos
		Op   string
		X, Y Expr
	}
	// Concat is operands joined as text (~).
	Concat struct {
		Pos
		Items []Expr
	}
	// Compare is a chain of comparisons: X Ops[0] Y[0] Ops[1] Y[1] …
	Compare struct {
		Pos
		X   Expr
		Ops []string
		Y   []Expr
	}
	// If is a condition in an expression; Else may be nil.
	If struct {
		Pos
		Test, Then, Else Expr
	}
	// Attribute is x.name.
	Attribute struct {
		Pos
		X    Expr
		Name string
	}
	// Index is x[key].
	Index struct {
		Pos
		X, Key Expr
	}
	// Slice is from:to:step within an index; each may be nil.
	Slice struct {
		Pos
		From, To, Step Expr
	}
	// Call is a call of a value.
	Call struct {
		Pos
		X    Expr
		Args Args
	}
	// Filter is x|name(args); X is nil in a filter block.
	Filter struct {
		Pos
		X    Expr
		Name string
		Args Args
	}
	// Test is "x is name(args)".
	Test struct {
		Pos
		X    Expr
		Name string
		Args Args
		Not  bool
	}
)

// Args are the arguments of a call: by place, by name, and those unpacked from a list and a mapping.
type Args struct {
	Place      []Expr
	Names      []string
	Named      []Expr
	List, Dict Expr
}

// Stmt is a statement.
type Stmt interface{ At() int }

// The statements.
type (
	// Text is what stands between tags.
	Text struct {
		Pos
		Text string
	}
	// Output writes a value.
	Output struct {
		Pos
		X Expr
	}
	// Branch is if, elif and else; Else may be empty.
	Branch struct {
		Pos
		Test       Expr
		Then, Else []Stmt
	}
	// For is a loop; Filter may be nil.
	For struct {
		Pos
		Target     Expr // Name or List
		Over       Expr
		Filter     Expr
		Recursive  bool
		Body, Else []Stmt
	}
	// Set gives variables values.
	Set struct {
		Pos
		Target Expr // Name, List or Attribute of a Name
		Value  Expr
	}
	// SetBlock gives a variable the text of a block, through filters.
	SetBlock struct {
		Pos
		Target Expr
		Filter *Filter
		Body   []Stmt
	}
	// Macro is a function of the template.
	Macro struct {
		Pos
		Name     string
		Params   []string
		Defaults []Expr // of the last parameters
		Body     []Stmt
		Uses     map[string]bool // which of varargs, kwargs and caller the body reads
	}
	// CallBlock calls a macro with a block as its caller.
	CallBlock struct {
		Pos
		Call   *Call
		Caller *Macro
	}
	// FilterBlock is a block through filters.
	FilterBlock struct {
		Pos
		Filter *Filter
		Body   []Stmt
	}
	// With is a scope with variables.
	With struct {
		Pos
		Targets, Values []Expr
		Body            []Stmt
	}
	// Generation marks what the model says.
	Generation struct {
		Pos
		Body []Stmt
	}
	// Jump is break or continue.
	Jump struct {
		Pos
		Break bool
	}
)
