package syntax

func (p *parser) set(line Pos) (Stmt, error) {
	target, err := p.target(true)
	if err != nil {
		return nil, err
	}
	if p.skip("=") {
		value, err := p.tuple()
		if err != nil {
			return nil, err
		}
		return &Set{line, target, value}, p.end(tokenBlockEnd)
	}
	s := &SetBlock{Pos: line, Target: target}
	if s.Filter, err = p.chainOfFilters(); err != nil {
		return nil, err
	}
	s.Body, err = p.block("endset")
	return s, err
}

// chainOfFilters reads |a|b …, nil where none stands.
func (p *parser) chainOfFilters() (f *Filter, err error) {
	for err == nil && p.skip("|") {
		var x Expr
		if f != nil {
			x = f
		}
		f, err = p.filter(x)
	}
	return f, err
}

// scoped reads a block whose loops and marks are its own.
func (p *parser) scoped(end string) ([]Stmt, error) {
	loops, marked := p.loops, p.marked
	p.loops, p.marked = 0, false
	body, err := p.block(end)
	p.loops, p.marked = loops, marked
	return body, err
}

func (p *parser) macro(line Pos) (Stmt, error) {
	m := &Macro{Pos: line}
	var err error
	if m.Name, err = p.name(); err != nil {
		return nil, err
	}
	return m, p.function(m, "endmacro")
}

// function reads the parameters of a macro and its body, and which names they read.
func (p *parser) function(m *Macro, end string) error {
	outer := p.uses
	p.uses = map[string]bool{}
	if err := p.params(m); err != nil {
		return err
	}
	var err error
	m.Body, err = p.scoped(end)
	m.Uses = p.uses
	for name := range m.Uses {
		outer[name] = true
	}
	p.uses = outer
	return err
}

func (p *parser) params(m *Macro) error {
	if err := p.expect("("); err != nil {
		return err
	}
	for !p.is(")") {
		if len(m.Params) > 0 {
			if err := p.expect(","); err != nil {
				return err
			}
		}
		name, err := p.name()
		if err != nil {
			return err
		}
		m.Params = append(m.Params, name)
		if p.skip("=") {
			x, err := p.expression()
			if err != nil {
				return err
			}
			m.Defaults = append(m.Defaults, x)
		} else if len(m.Defaults) > 0 {
			return Errorf(p.current().line, "%s has no default, and stands behind one that has", name)
		}
	}
	return p.expect(")")
}

func (p *parser) callBlock(line Pos) (Stmt, error) {
	c := &CallBlock{Pos: line, Caller: &Macro{Pos: line, Name: "caller"}}
	if p.is("(") {
		if err := p.params(c.Caller); err != nil {
			return nil, err
		}
	}
	x, err := p.expression()
	if err != nil {
		return nil, err
	}
	call, ok := x.(*Call)
	if !ok {
		return nil, Errorf(line.At(), "the call block calls nothing")
	}
	c.Call = call
	c.Caller.Uses = map[string]bool{}
	c.Caller.Body, err = p.scoped("endcall")
	return c, err
}

func (p *parser) filterBlock(line Pos) (Stmt, error) {
	f, err := p.filter(nil)
	for err == nil && p.skip("|") {
		f, err = p.filter(f)
	}
	if err != nil {
		return nil, err
	}
	body, err := p.block("endfilter")
	return &FilterBlock{line, f, body}, err
}

func (p *parser) with(line Pos) (Stmt, error) {
	w := &With{Pos: line}
	for p.current().kind != tokenBlockEnd {
		if len(w.Targets) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		target, err := p.oneTarget(false)
		if err != nil {
			return nil, err
		}
		if err = p.expect("="); err != nil {
			return nil, err
		}
		value, err := p.expression()
		if err != nil {
			return nil, err
		}
		w.Targets, w.Values = append(w.Targets, target), append(w.Values, value)
	}
	var err error
	w.Body, err = p.block("endwith")
	return w, err
}

func (p *parser) generation(line Pos) (Stmt, error) {
	if p.marked {
		return nil, Errorf(line.At(), "generation stands within generation")
	}
	loops := p.loops
	p.loops, p.marked = 0, true
	body, err := p.block("endgeneration")
	p.loops, p.marked = loops, false
	return &Generation{line, body}, err
}
