package graphclient

// Query holds the OData options of a request. The zero value asks for nothing
// special. Options that an endpoint does not know make the request invalid; Graph
// would ignore some of them without a word.
type Query struct {
	Select  []string // members to return; empty means the service's default set
	Expand  []string // related objects to include
	Filter  string   // an OData expression, unescaped
	OrderBy string   // one or more members, separated by commas
	Top     int      // page size; 0 leaves it to the service
	Count   bool     // ask for the total, which arrives with the first page only

	// Eventual sends ConsistencyLevel: eventual, which advanced directory queries
	// need. It is sent with every page, since the next link does not carry it
	// (Graph paging page).
	Eventual bool
}

// parameters gives the options by the names that URL templates use.
func (q Query) parameters() map[string]any {
	p := map[string]any{}
	if len(q.Select) > 0 {
		p["%24select"] = q.Select
	}
	if len(q.Expand) > 0 {
		p["%24expand"] = q.Expand
	}
	if q.Filter != "" {
		p["%24filter"] = q.Filter
	}
	if q.OrderBy != "" {
		p["%24orderby"] = q.OrderBy
	}
	if q.Top != 0 {
		p["%24top"] = q.Top
	}
	if q.Count {
		p["%24count"] = "true"
	}
	return p
}

// WithoutExpand returns the request without related objects, for services that
// do not expand what was asked.
func (r Request) WithoutExpand() Request {
	r.query.Expand = nil
	return r
}
