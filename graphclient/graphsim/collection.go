package graphsim

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/snapshot"
)

// collection describes a resource that lists the rows of a section.
type collection struct {
	section snapshot.SectionID
	options options
	expand  []string // what $expand may name; the rows hold it if it was recorded
	pages   paging
	// directory objects are counted, and filtered by some operators, only with
	// ConsistencyLevel: eventual.
	directory bool
	time      string // rows are given newest first by this member
	cost      int    // resource units; 0 where Graph charges none
}

const listOptions = optSelect | optFilter | optTop | optCount | optSkipToken

var (
	userList             = collection{section: snapshot.Users, options: listOptions, pages: directoryPages, directory: true, cost: 2}
	groupList            = collection{section: snapshot.Groups, options: listOptions, pages: directoryPages, directory: true, cost: 1}
	servicePrincipalList = collection{section: snapshot.ServicePrincipals, options: listOptions, pages: directoryPages, directory: true, cost: 1}
	deviceList           = collection{section: snapshot.Devices, options: listOptions | optExpand, expand: []string{"registeredOwners", "registeredUsers"},
		pages: directoryPages, directory: true, cost: 1}
	domainList          = collection{section: snapshot.Domains, options: optSelect | optTop | optSkipToken, pages: directoryPages, cost: 1}
	skuList             = collection{section: snapshot.SubscribedSkus, options: optSelect | optSkipToken, pages: onePage, cost: 3}
	organizationList    = collection{section: snapshot.Organization, options: optSelect | optSkipToken, pages: onePage, cost: 1}
	partnerList         = collection{section: snapshot.CrossTenantPartners, options: optSelect | optTop | optSkipToken, pages: onePage}
	strengthList        = collection{section: snapshot.AuthenticationStrengths, options: optSelect | optFilter | optExpand | optTop | optSkipToken, expand: []string{"combinationConfigurations"}, pages: onePage}
	policyList          = collection{section: snapshot.ConditionalAccessPolicies, options: listOptions, pages: onePage}
	locationList        = collection{section: snapshot.NamedLocations, options: listOptions, pages: onePage}
	roleAssignmentList  = collection{section: snapshot.RoleAssignments, options: listOptions | optExpand, expand: []string{"roleDefinition", "principal"}, pages: directoryPages}
	roleEligibilityList = collection{section: snapshot.RoleEligibility, options: listOptions | optExpand, expand: []string{"roleDefinition", "principal"}, pages: directoryPages}
	riskyUserList       = collection{section: snapshot.RiskyUsers, options: listOptions, pages: riskPages}
	registrationList    = collection{section: snapshot.UserRegistrationDetails, options: optSelect | optFilter | optTop | optSkipToken, pages: logPages}
	managedDeviceList   = collection{section: snapshot.ManagedDevices, options: listOptions, pages: logPages}
	signInList          = collection{section: snapshot.SignIns, options: optSelect | optFilter | optTop | optOrderBy | optSkipToken, pages: logPages, time: "createdDateTime"}
	directoryAuditList  = collection{section: snapshot.DirectoryAudits, options: optSelect | optFilter | optTop | optOrderBy | optSkipToken, pages: logPages, time: "activityDateTime"}
)

// check refuses what Graph refuses of a query that was understood.
func (c *call) check(col *collection) error {
	for _, name := range c.query.expand {
		if !slices.Contains(col.expand, name) {
			return badRequest("'%s' cannot be named in $expand of this resource.", name)
		}
	}
	if !col.directory {
		return nil
	}
	if c.query.count && !c.eventual() {
		return unsupportedQuery("$count is only supported with the header ConsistencyLevel: eventual, on every page.")
	}
	if c.query.filter != nil && c.query.filter.advanced() && !(c.eventual() && c.query.count) {
		return unsupportedQuery("This operator in $filter is only supported with $count=true and the header ConsistencyLevel: eventual.")
	}
	return nil
}

func (c *call) eventual() bool {
	return strings.EqualFold(c.header.Get("ConsistencyLevel"), "eventual")
}

// collectionPage answers with a page of a section.
func (c *call) collectionPage(col *collection) (*answer, error) {
	r, err := c.collectionRows(col)
	if err != nil {
		return nil, err
	}
	a, err := c.list(r, col.pages)
	if err != nil {
		return nil, err
	}
	c.charge(a, col.cost)
	return a, nil
}

func (c *call) collectionRows(col *collection) (rows, error) {
	if err := c.check(col); err != nil {
		return rows{}, err
	}
	l := listing{section: col.section, filter: c.query.filter, filterText: c.query.filterText, time: col.time}
	if c.query.orderBy != "" {
		oldest, ok := orderedBy(c.query.orderBy, col.time)
		if !ok {
			return rows{}, badRequest("$orderby=%s is not supported; this resource is ordered by %s.", c.query.orderBy, col.time)
		}
		l.oldest = oldest
	}
	t, err := c.server.store.table(col.section)
	if err != nil {
		return rows{}, err
	}
	numbers, all, err := c.server.store.rowsOf(t, l)
	if err != nil {
		return rows{}, err
	}
	s := newSelection(c.query)
	at := func(i int) (jsontext.Value, error) {
		if !all {
			i = int(numbers[i])
		}
		row, err := t.row(i)
		if err != nil {
			return nil, err
		}
		return s.apply(row)
	}
	if all {
		return rows{count: t.rows, at: at}, nil
	}
	return rows{count: len(numbers), at: at}, nil
}

// entity answers with the one row whose member is the request's first parameter.
func (c *call) entity(id snapshot.SectionID, member string) (*answer, error) {
	row, err := c.find(id, member, c.params[0])
	if err != nil {
		return nil, err
	}
	return c.object(row)
}

// find returns the row of a section whose member has the text, and a failure if
// there is none.
func (c *call) find(id snapshot.SectionID, member, text string) (jsontext.Value, error) {
	t, err := c.server.store.table(id)
	if err != nil {
		return nil, err
	}
	row, err := t.search(member, text)
	if err == nil && row == nil {
		err = notFound(text)
	}
	return row, err
}

// search is first, also for members without an index.
func (t *table) search(member, text string) (jsontext.Value, error) {
	if t.indexes[member] != nil {
		return t.first(member, text)
	}
	for i := range t.rows {
		row, err := t.row(i)
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(textMember(row, member), text) {
			return row, nil
		}
	}
	return nil, nil
}

// singleton answers with the object of a section.
func (c *call) singleton(id snapshot.SectionID) (*answer, error) {
	row, err := c.singletonRow(id)
	if err != nil {
		return nil, err
	}
	return c.object(row)
}

func (c *call) singletonRow(id snapshot.SectionID) (jsontext.Value, error) {
	t, err := c.server.store.table(id)
	if err != nil {
		return nil, err
	}
	if t.rows == 0 { // partial, and nothing was read
		return nil, notFound(string(id))
	}
	return t.row(0)
}

// object answers with one object, as it was recorded but for $select.
func (c *call) object(row jsontext.Value) (*answer, error) {
	body, err := newSelection(c.query).apply(row)
	if err != nil {
		return nil, err
	}
	return newAnswer(200, body), nil
}
