package graphsim

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// options is a set of query options.
type options uint

const (
	optSelect options = 1 << iota
	optFilter
	optTop
	optCount
	optExpand
	optOrderBy
	optSkipToken
)

var optionNames = map[string]options{
	"$select": optSelect, "$filter": optFilter, "$top": optTop, "$count": optCount,
	"$expand": optExpand, "$orderby": optOrderBy, "$skiptoken": optSkipToken,
}

// query holds the options of a request.
type query struct {
	selected   []string // nil without $select
	filter     predicate
	filterText string
	top        int // 0 without $top
	count      bool
	expand     []string
	orderBy    string
	token      string
	hasToken   bool
}

// parseQuery reads the options of a request to a resource that understands
// allowed. What it does not understand is an error and never ignored: an ignored
// filter would look like an answer.
func parseQuery(raw string, allowed options) (query, error) {
	var q query
	var seen options
	for name, value := range queryPairs(raw) {
		lower := strings.ToLower(name)
		opt, known := optionNames[lower]
		if !known {
			return q, badRequest("The query option '%s' is not supported.", name)
		}
		if opt&allowed == 0 {
			return q, badRequest("The query option '%s' is not supported for this resource.", lower)
		}
		if opt&seen != 0 {
			return q, badRequest("The query option '%s' is given twice.", lower)
		}
		seen |= opt
		if err := q.set(opt, value); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (q *query) set(opt options, value string) (err error) {
	switch opt {
	case optSelect:
		q.selected, err = parseNames("$select", value)
		if slices.Contains(q.selected, "*") {
			q.selected = nil
		}
	case optExpand:
		q.expand, err = parseNames("$expand", value)
	case optFilter:
		q.filterText = value
		var ferr error
		if q.filter, ferr = parseFilter(value); ferr != nil {
			return badRequest("Invalid filter clause in $filter=%s: %v.", value, ferr)
		}
	case optTop:
		q.top, err = strconv.Atoi(value)
		if err != nil || q.top < 1 {
			return badRequest("Invalid value '%s' for $top query option found. The $top query option requires a positive integer value.", value)
		}
	case optCount:
		if value != "true" && value != "false" {
			return badRequest("Invalid value '%s' for $count query option found. Valid values are 'true' and 'false'.", value)
		}
		q.count = value == "true"
	case optOrderBy:
		q.orderBy = value
	case optSkipToken:
		q.token, q.hasToken = value, true
	}
	return err
}

// parseNames reads a list of member names. Paths and nested options, which would
// have to change the inside of rows, are refused.
func parseNames(option, value string) ([]string, error) {
	var names []string
	for part := range strings.SplitSeq(value, ",") {
		name := strings.TrimSpace(part)
		if !isName(name) && !(option == "$select" && name == "*") {
			return nil, badRequest("'%s' in %s is not the name of a property.", name, option)
		}
		names = append(names, name)
	}
	return names, nil
}

// queryPairs yields the decoded options of a raw query. A part that cannot be
// decoded is yielded as it is: it then is the name of no option.
func queryPairs(raw string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for part := range strings.SplitSeq(raw, "&") {
			if part == "" {
				continue
			}
			name, value, _ := strings.Cut(part, "=")
			n, nerr := url.QueryUnescape(name)
			v, verr := url.QueryUnescape(value)
			if nerr != nil || verr != nil {
				n, v = part, ""
			}
			if !yield(n, v) {
				return
			}
		}
	}
}
