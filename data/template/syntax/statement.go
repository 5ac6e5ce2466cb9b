package syntax

import "strings"

// statement reads the tag behind {%.
func (p *parser) statement() (Stmt, error) {
	t := p.current()
	if t.kind != tokenName {
		return nil, Errorf(t.line, "%s stands where the name of a tag should", t)
	}
	p.at++
	line := Pos(t.line)
	switch t.text {
	case "if":
		return p.branch(line)
	case "for":
		return p.loop(line)
	case "set":
		return p.set(line)
	case "macro":
		return p.macro(line)
	case "call":
		return p.callBlock(line)
	case "filter":
		return p.filterBlock(line)
	case "with":
		return p.with(line)
	case "generation":
		return p.generation(line)
	case "break", "continue":
		if p.loops == 0 {
			return nil, Errorf(t.line, "%s stands outside a loop", t.text)
		}
		return &Jump{line, t.text == "break"}, p.end(tokenBlockEnd)
	}
	if strings.HasPrefix(t.text, "end") || t.text == "else" || t.text == "elif" {
		return nil, Errorf(t.line, "%s ends nothing", t.text)
	}
	return nil, Errorf(t.line, "the tag %s is not known", t.text)
}

func (p *parser) branch(line Pos) (Stmt, error) {
	b := &Branch{Pos: line}
	top := b
	for {
		var err error
		if b.Test, err = p.tuple(); err != nil {
			return nil, err
		}
		if err = p.end(tokenBlockEnd); err != nil {
			return nil, err
		}
		var end string
		if b.Then, end, err = p.body("elif", "else", "endif"); err != nil {
			return nil, err
		}
		switch end {
		case "elif":
			next := &Branch{Pos: Pos(p.current().line)}
			b.Else, b = []Stmt{next}, next
		case "else":
			b.Else, err = p.block("endif")
			return top, err
		default:
			return top, p.end(tokenBlockEnd)
		}
	}
}

func (p *parser) loop(line Pos) (Stmt, error) {
	f := &For{Pos: line}
	var err error
	if f.Target, err = p.target(false); err != nil {
		return nil, err
	}
	if !p.skipWord("in") {
		return nil, Errorf(p.current().line, "%s stands where in should", p.current())
	}
	if f.Over, err = p.unconditional(); err != nil {
		return nil, err
	}
	if p.skipWord("if") {
		if f.Filter, err = p.expression(); err != nil {
			return nil, err
		}
	}
	f.Recursive = p.skipWord("recursive")
	if err = p.end(tokenBlockEnd); err != nil {
		return nil, err
	}
	p.loops++
	var end string
	f.Body, end, err = p.body("else", "endfor")
	p.loops--
	if err != nil {
		return nil, err
	}
	if end == "else" {
		f.Else, err = p.block("endfor")
		return f, err
	}
	return f, p.end(tokenBlockEnd)
}

// unconditional reads what a loop goes over: an "if" behind it is the loop's.
func (p *parser) unconditional() (Expr, error) {
	line := Pos(p.current().line)
	x, err := p.or()
	if err != nil || !p.is(",") {
		return x, err
	}
	list := &List{Pos: line, Items: []Expr{x}, Tuple: true}
	for p.skip(",") && !p.closed() && !p.word("if") && !p.word("recursive") {
		if x, err = p.or(); err != nil {
			return nil, err
		}
		list.Items = append(list.Items, x)
	}
	return list, nil
}

// target reads what is given a value: names, perhaps several, and with attributes a namespace's attribute.
func (p *parser) target(attributes bool) (Expr, error) {
	line := Pos(p.current().line)
	x, err := p.oneTarget(attributes)
	if err != nil || !p.is(",") {
		return x, err
	}
	list := &List{Pos: line, Items: []Expr{x}, Tuple: true}
	for p.skip(",") && !p.closed() {
		if x, err = p.oneTarget(attributes); err != nil {
			return nil, err
		}
		list.Items = append(list.Items, x)
	}
	return list, nil
}

// reserved are the names that cannot be given a value.
var reserved = map[string]bool{"true": true, "True": true, "false": true, "False": true, "none": true, "None": true}

func (p *parser) oneTarget(attributes bool) (Expr, error) {
	line := Pos(p.current().line)
	if p.skip("(") {
		if err := p.enter(); err != nil {
			return nil, err
		}
		defer p.leave()
		x, err := p.target(attributes)
		if err != nil {
			return nil, err
		}
		return x, p.expect(")")
	}
	name, err := p.name()
	if err != nil {
		return nil, err
	}
	if reserved[name] {
		return nil, Errorf(line.At(), "%s cannot be given a value", name)
	}
	if attributes && p.skip(".") {
		attribute, err := p.name()
		return &Attribute{line, &Name{line, name}, attribute}, err
	}
	return &Name{line, name}, nil
}
