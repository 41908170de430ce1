package graphsim

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// paging is how many rows a collection gives at once.
type paging struct {
	usual, most int
	// refuse is true where asking for more than most is an error; elsewhere most
	// rows are given.
	refuse bool
	// whole answers are never cut: a POST has no next page.
	whole bool
}

// The documented sizes, and where there are none those seen.
var (
	directoryPages = paging{usual: 100, most: 999, refuse: true}
	logPages       = paging{usual: 1000, most: 1000}
	riskPages      = paging{usual: 20, most: 500}
	onePage        = paging{usual: 1 << 30, most: 1 << 30}
	wholeAnswer    = paging{usual: 1 << 30, most: 1 << 30, whole: true}
)

func (c *call) pageSize(p paging) (int, error) {
	if p.refuse && c.query.top > p.most {
		return 0, badRequest("Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", c.query.top, p.most)
	}
	if n := c.server.options.PageSize; n > 0 && !p.whole {
		p.usual, p.most = n, n
	}
	if c.query.top > 0 {
		return min(c.query.top, p.most), nil
	}
	return p.usual, nil
}

// rows is what a listing is made of.
type rows struct {
	count int
	at    func(i int) (jsontext.Value, error)
	// endless rows were not read to their end when they were recorded: the page
	// after the last recorded row cannot be had.
	endless bool
}

// list answers with one page.
func (c *call) list(r rows, p paging) (*answer, error) {
	size, err := c.pageSize(p)
	if err != nil {
		return nil, err
	}
	at, err := c.start(r)
	if err != nil {
		return nil, err
	}
	if r.endless && at.row >= r.count {
		return nil, fail(http.StatusGatewayTimeout, "UnknownError", "The recorded rows end here, but the snapshot does not hold them all.")
	}
	end := min(at.row+size, r.count)
	next := ""
	if end < r.count || r.endless {
		next = c.nextLink(position{row: end})
	}
	if !p.whole {
		end, next = c.misleadingLink(at, end, next)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"@odata.context":%s`, quote(c.context()))
	if c.query.count && !c.query.hasToken {
		fmt.Fprintf(&b, `,"@odata.count":%d`, r.count)
	}
	if next != "" {
		fmt.Fprintf(&b, `,"@odata.nextLink":%s`, quote(next))
	}
	b.WriteString(`,"value":[`)
	for i := at.row; i < end; i++ {
		if i > at.row {
			b.WriteByte(',')
		}
		row, err := r.at(i)
		if err != nil {
			return nil, err
		}
		b.Write(row)
	}
	b.WriteString(`]}`)
	return newAnswer(http.StatusOK, b.Bytes()), nil
}

// misleadingLink changes where a page ends and what its next link is, if a fault
// wants that.
func (c *call) misleadingLink(at position, end int, next string) (int, string) {
	if at.hop == 0 && c.takeFault(FaultEmptyPage) != nil {
		end, next = at.row, c.nextLink(position{row: at.row, hop: 1})
	}
	if c.takeFault(FaultRepeatNextLink) != nil {
		next = c.nextLink(at)
	}
	if c.takeFault(FaultEndlessPages) != nil {
		next = c.nextLink(position{row: at.row, hop: at.hop, lap: at.lap + 1})
	}
	if next != "" && c.takeFault(FaultEmptyToken) != nil {
		next = c.origin + c.path + "?$skiptoken="
	}
	if next != "" && c.takeFault(FaultForeignLink) != nil {
		next = elsewhere + strings.TrimPrefix(next, c.origin)
	}
	return end, next
}

func (c *call) start(r rows) (position, error) {
	if !c.query.hasToken {
		return position{}, nil
	}
	if c.takeFault(FaultLostToken) != nil {
		return position{}, fail(http.StatusBadRequest, "DirectoryPageTokenNotFoundException", "The page token was not found.")
	}
	if c.takeFault(FaultUnknownToken) != nil {
		return position{}, fail(http.StatusBadRequest, "UnknownError", "Token not found: token is either invalid or expired.")
	}
	at, ok := c.positionOf(c.query.token)
	if !ok || at.row > r.count || c.takeFault(FaultExpiredToken) != nil {
		return position{}, fail(http.StatusBadRequest, "Directory_ExpiredPageToken",
			"The specified page token value has expired and can no longer be included in your request.")
	}
	return at, nil
}

// context is the address of the answer's description.
func (c *call) context() string {
	text := c.origin + "/" + c.version + "/$metadata#" + strings.Join(c.segments, "/")
	if len(c.query.selected) > 0 {
		text += "(" + strings.Join(c.query.selected, ",") + ")"
	}
	return text
}

// sliceRows lists values that are in memory.
func sliceRows(values []jsontext.Value, s selection) rows {
	return rows{count: len(values), at: func(i int) (jsontext.Value, error) { return s.apply(values[i]) }}
}
