package xlsx

import (
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"passkeyaudit/audit/report"
)

// book is a workbook that is being written sheet by sheet.
type book struct {
	file *excelize.File
	head int // style
}

type column struct {
	name  string
	width float64
}

// sheet is rows beneath a head that stays in sight and filters them. They are written
// to the file as they come, so that a million rows need no memory for them all.
type sheet struct {
	book    *book
	name    string
	out     *excelize.StreamWriter
	columns int
	rows    int // with the head
}

func (b *book) sheet(name string, columns []column) (*sheet, error) {
	if at, err := b.file.GetSheetIndex(name); err != nil {
		return nil, err
	} else if at < 0 {
		if _, err := b.file.NewSheet(name); err != nil {
			return nil, err
		}
	}
	if b.head == 0 {
		var err error
		if b.head, err = b.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
			return nil, err
		}
	}
	out, err := b.file.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	s := &sheet{book: b, name: name, out: out, columns: len(columns)}
	head := make([]any, len(columns))
	for i, c := range columns {
		if err := out.SetColWidth(i+1, i+1, c.width); err != nil {
			return nil, err
		}
		head[i] = excelize.Cell{StyleID: b.head, Value: c.name}
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	s.rows = 1
	return s, out.SetRow("A1", head)
}

// row writes one row. Texts are written as texts: Excel takes none for a formula, and
// disarmed they are safe when somebody saves the sheet as CSV.
func (s *sheet) row(cells ...any) error {
	if s.rows > mostRows {
		return nil
	}
	s.rows++
	for i, c := range cells {
		if text, is := c.(string); is {
			cells[i] = cut(report.Disarm(text))
		}
	}
	at, err := excelize.CoordinatesToCellName(1, s.rows)
	if err != nil {
		return err
	}
	return s.out.SetRow(at, cells)
}

// cut shortens a text to what a cell holds.
func cut(text string) string {
	if utf8.RuneCountInString(text) <= excelize.TotalCellChars {
		return text
	}
	return string([]rune(text)[:excelize.TotalCellChars-1]) + "…"
}

// close ends the sheet. A nil sheet has ended.
func (s *sheet) close() error {
	if s == nil {
		return nil
	}
	last, err := excelize.CoordinatesToCellName(s.columns, s.rows)
	if err != nil {
		return err
	}
	if err := s.out.Flush(); err != nil {
		return err
	}
	return s.book.file.AutoFilter(s.name, "A1:"+last, nil)
}
