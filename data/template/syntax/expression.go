package syntax

import (
	"strconv"
	"strings"
)

// expression reads a whole expression, conditions included.
func (p *parser) expression() (Expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	line := p.current().line
	x, err := p.or()
	for err == nil && p.skipWord("if") {
		c := &If{Pos: Pos(line), Then: x}
		if c.Test, err = p.or(); err == nil && p.skipWord("else") {
			c.Else, err = p.expression()
		}
		x = c
	}
	return x, err
}

func (p *parser) or() (Expr, error) { return p.logical("or", p.and) }

func (p *parser) and() (Expr, error) { return p.logical("and", p.not) }

func (p *parser) logical(word string, operand func() (Expr, error)) (Expr, error) {
	line := p.current().line
	x, err := operand()
	for err == nil && p.skipWord(word) {
		b := &Binary{Pos: Pos(line), Op: word, X: x}
		b.Y, err = operand()
		x = b
	}
	return x, err
}

func (p *parser) not() (Expr, error) {
	if line := p.current().line; p.word("not") && !(p.look().kind == tokenName && p.look().text == "in") {
		if err := p.enter(); err != nil {
			return nil, err
		}
		defer p.leave()
		p.at++
		x, err := p.not()
		return &Unary{Pos(line), "not", x}, err
	}
	return p.compare()
}

// comparison reads a comparing operator, "" where none stands.
func (p *parser) comparison() string {
	if t := p.current(); t.kind == tokenOperator {
		switch t.text {
		case "==", "!=", "<", "<=", ">", ">=":
			return p.next().text
		}
		return ""
	}
	if p.skipWord("in") {
		return "in"
	}
	if p.word("not") && p.look().kind == tokenName && p.look().text == "in" {
		p.at += 2
		return "not in"
	}
	return ""
}

func (p *parser) compare() (Expr, error) {
	line := p.current().line
	x, err := p.sum()
	if err != nil {
		return nil, err
	}
	c := &Compare{Pos: Pos(line), X: x}
	for op := p.comparison(); op != ""; op = p.comparison() {
		y, err := p.sum()
		if err != nil {
			return nil, err
		}
		c.Ops, c.Y = append(c.Ops, op), append(c.Y, y)
	}
	if len(c.Ops) == 0 {
		return x, nil
	}
	return c, nil
}

// chain reads operands joined from the left by one of ops.
func (p *parser) chain(ops []string, operand func() (Expr, error)) (Expr, error) {
	line := p.current().line
	x, err := operand()
	for err == nil {
		op := ""
		for _, o := range ops {
			if p.skip(o) {
				op = o
				break
			}
		}
		if op == "" {
			break
		}
		b := &Binary{Pos: Pos(line), Op: op, X: x}
		b.Y, err = operand()
		x = b
	}
	return x, err
}

func (p *parser) sum() (Expr, error) { return p.chain([]string{"+", "-"}, p.concat) }

func (p *parser) concat() (Expr, error) {
	line := p.current().line
	x, err := p.product()
	if err != nil || !p.is("~") {
		return x, err
	}
	c := &Concat{Pos: Pos(line), Items: []Expr{x}}
	for p.skip("~") {
		if x, err = p.product(); err != nil {
			return nil, err
		}
		c.Items = append(c.Items, x)
	}
	return c, nil
}

func (p *parser) product() (Expr, error) { return p.chain([]string{"*", "/", "//", "%"}, p.power) }

// power joins from the left, unlike Python: so Jinja does.
func (p *parser) power() (Expr, error) {
	return p.chain([]string{"**"}, func() (Expr, error) { return p.unary(true) })
}

func (p *parser) unary(filters bool) (x Expr, err error) {
	t := p.current()
	if t.kind == tokenOperator && (t.text == "-" || t.text == "+") {
		if err := p.enter(); err != nil {
			return nil, err
		}
		p.at++
		x, err = p.unary(false)
		p.leave()
		x = &Unary{Pos(t.line), t.text, x}
	} else {
		x, err = p.primary()
	}
	if err == nil {
		x, err = p.postfix(x)
	}
	if err != nil || !filters {
		return x, err
	}
	return p.filtered(x)
}

func (p *parser) primary() (Expr, error) {
	t := p.next()
	switch t.kind {
	case tokenName:
		switch t.text {
		case "true", "True", "false", "False":
			return &Const{Pos(t.line), t.text[0] == 't' || t.text[0] == 'T'}, nil
		case "none", "None":
			return &Const{Pos(t.line), nil}, nil
		}
		p.uses[t.text] = true
		return &Name{Pos(t.line), t.text}, nil
	case tokenString:
		text := t.text
		for p.current().kind == tokenString {
			text += p.next().text
		}
		return &Const{Pos(t.line), text}, nil
	case tokenInteger:
		n, err := strconv.ParseInt(strings.ReplaceAll(t.text, "_", ""), base(t.text), 64)
		if err != nil {
			return nil, Errorf(t.line, "%s is too large a number", t.text)
		}
		return &Const{Pos(t.line), n}, nil
	case tokenFloat:
		f, err := strconv.ParseFloat(strings.ReplaceAll(t.text, "_", ""), 64)
		if err != nil {
			return nil, Errorf(t.line, "%s is too large a number", t.text)
		}
		return &Const{Pos(t.line), f}, nil
	case tokenOperator:
		switch t.text {
		case "(":
			return p.parenthesis(t.line)
		case "[":
			return p.list(t.line)
		case "{":
			return p.dict(t.line)
		}
	}
	return nil, Errorf(t.line, "%s stands where a value should", t)
}

// base is what ParseInt needs: zeros alone are decimal.
func base(text string) int {
	if strings.Trim(text, "0_") == "" {
		return 10
	}
	return 0
}
