package syntax

import (
	"slices"
	"unicode/utf8"
)

// Tree is a parsed template.
type Tree struct {
	Body []Stmt
	// Filters and Tests are the names used, with the line of their first use.
	Filters, Tests map[string]int
}

// parser reads tokens into statements.
type parser struct {
	tokens []token
	at     int
	depth  int
	loops  int // loops around the statement, within its macro
	marked bool
	uses   map[string]bool // names read
	tree   *Tree
}

// Parse reads a template.
func Parse(source string) (*Tree, error) {
	if len(source) > MaxSource {
		return nil, Errorf(1, "the template has %d bytes, more than %d", len(source), MaxSource)
	}
	if !utf8.ValidString(source) {
		return nil, Errorf(1, "the template is no UTF-8 text")
	}
	tokens, err := lex(normalize(source))
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, uses: map[string]bool{}, tree: &Tree{Filters: map[string]int{}, Tests: map[string]int{}}}
	p.tree.Body, _, err = p.body()
	if err != nil {
		return nil, err
	}
	return p.tree, nil
}

func (p *parser) current() token { return p.tokens[p.at] }

// look is the token after the current one.
func (p *parser) look() token { return p.tokens[min(p.at+1, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

func (p *parser) is(op string) bool {
	t := p.current()
	return t.kind == tokenOperator && t.text == op
}

func (p *parser) word(name string) bool {
	t := p.current()
	return t.kind == tokenName && t.text == name
}

func (p *parser) skip(op string) bool {
	if p.is(op) {
		p.at++
		return true
	}
	return false
}

func (p *parser) skipWord(name string) bool {
	if p.word(name) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expect(op string) error {
	if p.skip(op) {
		return nil
	}
	return Errorf(p.current().line, "%s stands where %s should", p.current(), op)
}

func (p *parser) name() (string, error) {
	if t := p.current(); t.kind != tokenName {
		return "", Errorf(t.line, "%s stands where a name should", t)
	}
	return p.next().text, nil
}

// enter counts how deep the template nests.
func (p *parser) enter() error {
	p.depth++
	if p.depth > MaxDepth {
		return Errorf(p.current().line, "the template nests deeper than %d", MaxDepth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// body reads statements up to a tag named by one of ends, and the name of that tag; without ends up to the template's end.
func (p *parser) body(ends ...string) ([]Stmt, string, error) {
	if err := p.enter(); err != nil {
		return nil, "", err
	}
	defer p.leave()
	begin := p.current().line
	var list []Stmt
	for {
		t := p.next()
		switch t.kind {
		case tokenEnd:
			if len(ends) > 0 {
				return nil, "", Errorf(begin, "the block has no end (write {%% %s %%})", ends[len(ends)-1])
			}
			return list, "", nil
		case tokenData:
			list = append(list, &Text{Pos(t.line), t.text})
		case tokenVariableBegin:
			x, err := p.tuple()
			if err != nil {
				return nil, "", err
			}
			if err := p.end(tokenVariableEnd); err != nil {
				return nil, "", err
			}
			list = append(list, &Output{Pos(t.line), x})
		default:
			if tag := p.current(); tag.kind == tokenName && slices.Contains(ends, tag.text) {
				return list, p.next().text, nil
			}
			s, err := p.statement()
			if err != nil {
				return nil, "", err
			}
			list = append(list, s)
		}
	}
}

// end reads the end of a tag.
func (p *parser) end(kind tokenKind) error {
	if t := p.next(); t.kind != kind {
		return Errorf(t.line, "%s stands where the tag should end", t)
	}
	return nil
}

// block reads the statements of a block whose tag ends here, and the end tag whole.
func (p *parser) block(end string) ([]Stmt, error) {
	if err := p.end(tokenBlockEnd); err != nil {
		return nil, err
	}
	body, _, err := p.body(end)
	if err != nil {
		return nil, err
	}
	if end == "endmacro" || end == "endcall" {
		if t := p.current(); t.kind == tokenName {
			p.at++
		}
	}
	return body, p.end(tokenBlockEnd)
}

// tuple reads one expression, or several with commas as a tuple.
func (p *parser) tuple() (Expr, error) {
	line := p.current().line
	x, err := p.expression()
	if err != nil || !p.is(",") {
		return x, err
	}
	list := &List{Pos: Pos(line), Items: []Expr{x}, Tuple: true}
	for p.skip(",") && !p.closed() {
		if x, err = p.expression(); err != nil {
			return nil, err
		}
		list.Items = append(list.Items, x)
	}
	return list, nil
}

// closed reports whether a tuple ends here, as after its last comma.
func (p *parser) closed() bool {
	switch t := p.current(); t.kind {
	case tokenVariableEnd, tokenBlockEnd, tokenEnd:
		return true
	default:
		return p.is(")") || p.word("in") || p.is("=")
	}
}

func (p *parser) parenthesis(line int) (Expr, error) {
	if p.skip(")") {
		return &List{Pos: Pos(line), Tuple: true}, nil
	}
	x, err := p.tuple()
	if err != nil {
		return nil, err
	}
	return x, p.expect(")")
}

func (p *parser) list(line int) (Expr, error) {
	list := &List{Pos: Pos(line)}
	for !p.is("]") {
		if len(list.Items) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
			if p.is("]") {
				break
			}
		}
		x, err := p.expression()
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, x)
	}
	return list, p.expect("]")
}

func (p *parser) dict(line int) (Expr, error) {
	d := &Dict{Pos: Pos(line)}
	for !p.is("}") {
		if len(d.Keys) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
			if p.is("}") {
				break
			}
		}
		key, err := p.expression()
		if err != nil {
			return nil, err
		}
		if err := p.expect(":"); err != nil {
			return nil, err
		}
		value, err := p.expression()
		if err != nil {
			return nil, err
		}
		d.Keys, d.Values = append(d.Keys, key), append(d.Values, value)
	}
	return d, p.expect("}")
}
