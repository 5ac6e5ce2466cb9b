package syntax

import "strconv"

// postfix reads attributes, indexes and calls behind x.
func (p *parser) postfix(x Expr) (Expr, error) {
	var err error
	for n := 0; err == nil; n++ {
		if n > MaxDepth {
			return nil, Errorf(p.current().line, "the template nests deeper than %d", MaxDepth)
		}
		line := Pos(p.current().line)
		switch {
		case p.skip("."):
			x, err = p.attribute(x, line)
		case p.skip("["):
			x, err = p.index(x, line)
		case p.is("("):
			c := &Call{Pos: line, X: x}
			c.Args, err = p.args()
			x = c
		default:
			return x, nil
		}
	}
	return nil, err
}

func (p *parser) attribute(x Expr, line Pos) (Expr, error) {
	t := p.next()
	switch t.kind {
	case tokenName:
		return &Attribute{line, x, t.text}, nil
	case tokenInteger:
		if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
			return &Index{line, x, &Const{line, n}}, nil
		}
	}
	return nil, Errorf(t.line, "%s stands where the name of an attribute should", t)
}

func (p *parser) index(x Expr, line Pos) (Expr, error) {
	key, err := p.subscript()
	if err != nil {
		return nil, err
	}
	if p.is(",") {
		return nil, Errorf(p.current().line, "an index takes one value")
	}
	return &Index{line, x, key}, p.expect("]")
}

// subscript reads an index or a slice.
func (p *parser) subscript() (Expr, error) {
	line := Pos(p.current().line)
	var part [3]Expr
	for i := range part {
		if !p.is(":") && !p.is("]") {
			var err error
			if part[i], err = p.expression(); err != nil {
				return nil, err
			}
		}
		if i == 0 && !p.is(":") && part[0] != nil {
			return part[0], nil
		}
		if !p.skip(":") || i == 2 {
			break
		}
	}
	return &Slice{line, part[0], part[1], part[2]}, nil
}

// args reads the arguments of a call, parentheses included.
func (p *parser) args() (a Args, err error) {
	if err = p.expect("("); err != nil {
		return a, err
	}
	for n := 0; !p.is(")"); n++ {
		if n > 0 {
			if err = p.expect(","); err != nil || p.is(")") {
				break
			}
		}
		if err = p.arg(&a); err != nil {
			return a, err
		}
	}
	if err != nil {
		return a, err
	}
	return a, p.expect(")")
}

func (p *parser) arg(a *Args) (err error) {
	t := p.current()
	wrong := Errorf(t.line, "the arguments of the call stand in no order Python knows")
	switch {
	case p.skip("*"):
		if a.List != nil || a.Dict != nil {
			return wrong
		}
		a.List, err = p.expression()
	case p.skip("**"):
		if a.Dict != nil {
			return wrong
		}
		a.Dict, err = p.expression()
	case t.kind == tokenName && p.look().kind == tokenOperator && p.look().text == "=":
		if a.Dict != nil {
			return wrong
		}
		p.at += 2
		var x Expr
		x, err = p.expression()
		a.Names, a.Named = append(a.Names, t.text), append(a.Named, x)
	default:
		if a.List != nil || a.Dict != nil || len(a.Named) > 0 {
			return wrong
		}
		var x Expr
		x, err = p.expression()
		a.Place = append(a.Place, x)
	}
	return err
}

// filtered reads filters, tests and calls behind x.
func (p *parser) filtered(x Expr) (Expr, error) {
	var err error
	for n := 0; err == nil; n++ {
		if n > MaxDepth {
			return nil, Errorf(p.current().line, "the template nests deeper than %d", MaxDepth)
		}
		line := Pos(p.current().line)
		switch {
		case p.skip("|"):
			x, err = p.filter(x)
		case p.skipWord("is"):
			x, err = p.test(x)
		case p.is("("):
			c := &Call{Pos: line, X: x}
			c.Args, err = p.args()
			x = c
		default:
			return x, nil
		}
	}
	return nil, err
}

// filter reads a filter behind its bar.
func (p *parser) filter(x Expr) (*Filter, error) {
	f := &Filter{Pos: Pos(p.current().line), X: x}
	var err error
	if f.Name, err = p.name(); err != nil {
		return nil, err
	}
	if _, known := p.tree.Filters[f.Name]; !known {
		p.tree.Filters[f.Name] = f.At()
	}
	if p.is("(") {
		f.Args, err = p.args()
	}
	return f, err
}

// test reads a test behind "is".
func (p *parser) test(x Expr) (Expr, error) {
	t := &Test{Pos: Pos(p.current().line), X: x, Not: p.skipWord("not")}
	var err error
	if t.Name, err = p.name(); err != nil {
		return nil, err
	}
	if _, known := p.tree.Tests[t.Name]; !known {
		p.tree.Tests[t.Name] = t.At()
	}
	if p.is("(") {
		t.Args, err = p.args()
		return t, err
	}
	if !p.operand() {
		return t, nil
	}
	if p.word("is") {
		return nil, Errorf(p.current().line, "tests cannot be chained (join them with and)")
	}
	arg, err := p.primary()
	if err == nil {
		arg, err = p.postfix(arg)
	}
	t.Args.Place = []Expr{arg}
	return t, err
}

// operand reports whether a test's argument without parentheses stands here.
func (p *parser) operand() bool {
	switch t := p.current(); t.kind {
	case tokenName:
		return t.text != "else" && t.text != "or" && t.text != "and"
	case tokenString, tokenInteger, tokenFloat:
		return true
	default:
		return p.is("[") || p.is("{")
	}
}
