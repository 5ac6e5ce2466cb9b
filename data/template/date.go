package template

import (
	"errors"
	"fmt"
	"strings"

	"github.com/osft-project/osft/data/template/builtin"
	"github.com/osft-project/osft/data/template/value"
)

// dateParts are Go's layouts of strftime's directives, as the C locale has them.
var dateParts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'd': "02", 'm': "01", 'y': "06", 'Y': "2006", 'H': "15", 'I': "03",
	'M': "04", 'S': "05", 'p': "PM", 'j': "002", 'h': "Jan", 'e': "_2", 'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06",
	'R': "15:04", 'x': "01/02/06", 'X': "15:04:05", 'c': "Mon Jan _2 15:04:05 2006",
}

// strftime writes the rendering's date.
func (r *run) strftime(a builtin.Args) (any, error) {
	if len(a.Place) != 1 || a.Named.Len() > 0 {
		return nil, errors.New("takes one format")
	}
	format, ok := a.Place[0].(string)
	if !ok {
		return nil, fmt.Errorf("needs a str, not %s", value.TypeName(a.Place[0]))
	}
	if r.date.IsZero() {
		return nil, errors.New("the template asks for the date, and none is given (a text that changes by the day cannot be made again; write the date into a copy of the template)")
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		layout, known := dateParts[format[i]]
		switch {
		case format[i] == '%':
			b.WriteByte('%')
		case known:
			b.WriteString(r.date.Format(layout))
		default:
			return nil, fmt.Errorf("%%%c is not known", format[i])
		}
	}
	return b.String(), nil
}
