package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// Health is what a look at a tenant shows before anything is collected.
type Health struct {
	Identity graphclient.Identity
	Tenant   snapshot.Tenant
	// Date is Graph's clock, and Skew how far ours is ahead of it; Date is zero if
	// Graph did not tell.
	Date time.Time
	Skew time.Duration
	// Licences tells of each whether the tenant has it; one that is missing is not
	// known.
	Licences map[Licence]bool
	Sections []Finding
}

// Finding is what would become of one section.
type Finding struct {
	Section Section
	// Entry is as it would stand in a snapshot: complete for a section that can be read.
	Entry snapshot.SectionEntry
	// Grant is the one thing that would make the section readable; empty if it is, or
	// if nothing would.
	Grant Remedy
}

// Works tells whether the section can be read.
func (f Finding) Works() bool { return f.Entry.State == snapshot.Complete }

// Remedy is one thing to grant or to buy. At most one of its members is set.
type Remedy struct {
	Permission string
	Role       string // a directory role for whoever signs in
	Licence    Licence
}

// Probe signs in and asks for the first page of every section, or of those asked
// for: what works, what would be skipped, and what to grant. Nothing is written. The
// error is that no token could be had, that Graph does not take it, or that Graph
// cannot be reached.
func Probe(ctx context.Context, client *graphclient.Client, opts Options) (*Health, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	h := &Health{Licences: map[Licence]bool{}}
	var err error
	if h.Identity, err = client.Identity(ctx); err != nil {
		return h, err
	}
	p := &prober{client: client}
	raw, err := firstRow(ctx, client, graphclient.Organization())
	date, answered := client.Now()
	if ctx.Err() != nil {
		return h, context.Cause(ctx)
	}
	if err != nil && (lostToken(err) || !answered) {
		return h, err
	}
	if answered {
		h.Date, h.Skew = date, opts.Now().Sub(date)
	}
	h.Tenant = tenantOf(raw, h.Identity.TenantID)
	p.organization = err

	r := &run{client: client, licences: &licences{client: client}, catalogue: Catalogue()}
	asked := opts.wanted(r.catalogue)
	for _, licence := range []Licence{EntraP1, EntraP2, Intune} {
		if has, known := r.licences.has(ctx, licence); known {
			h.Licences[licence] = has
		}
	}
	for _, s := range r.catalogue {
		if !asked[s.ID] {
			continue
		}
		err := p.first(ctx, s.ID)
		if ctx.Err() != nil {
			return h, context.Cause(ctx)
		}
		f := Finding{Section: s, Entry: snapshot.SectionEntry{State: snapshot.Complete}}
		if err != nil {
			f.Entry = r.classify(ctx, s, err, 0)
			f.Grant = h.remedy(f)
		} else if s.ID == snapshot.SignIns && h.lacksPolicies() {
			f.Entry.Reason = "Graph leaves out which policies applied"
			f.Grant = Remedy{Permission: s.Application[1][0]}
		}
		h.Sections = append(h.Sections, f)
	}
	return h, nil
}

// prober asks for first pages.
type prober struct {
	client       *graphclient.Client
	organization error
	user, group  string // one of each, found on the way
}

// first asks for the least of a section that shows whether it can be read.
func (p *prober) first(ctx context.Context, id snapshot.SectionID) error {
	one := graphclient.Query{Top: 1}
	var req graphclient.Request
	switch id {
	case snapshot.Organization:
		return p.organization
	case snapshot.SubscribedSkus:
		req = graphclient.SubscribedSkus()
	case snapshot.Domains:
		req = graphclient.Domains()
	case snapshot.AuthenticationMethodsPolicy:
		req = graphclient.AuthenticationMethodsPolicy()
	case snapshot.SecurityDefaults:
		req = graphclient.SecurityDefaults()
	case snapshot.CrossTenantAccessPolicy:
		req = graphclient.CrossTenantAccessPolicy()
	case snapshot.CrossTenantPartners:
		req = graphclient.CrossTenantPartners()
	case snapshot.AuthenticationStrengths:
		req = graphclient.AuthenticationStrengthPolicies().WithoutExpand()
	case snapshot.ConditionalAccessPolicies:
		req = graphclient.ConditionalAccessPolicies()
	case snapshot.NamedLocations:
		req = graphclient.NamedLocations()
	case snapshot.ServicePrincipals:
		req = servicePrincipalsRequest()
	case snapshot.RoleAssignments:
		req = graphclient.RoleAssignments(one)
	case snapshot.RoleEligibility:
		req = graphclient.RoleEligibility(one)
	case snapshot.Users:
		row, err := p.row(ctx, graphclient.Users(graphclient.Query{Select: userMembers, Top: 1}))
		p.user = entra.Text(row, "/id")
		return err
	case snapshot.RiskyUsers:
		req = graphclient.RiskyUsers(one)
	case snapshot.Groups:
		// Which groups there are does not matter, but members need one.
		if row, err := p.row(ctx, graphclient.Groups(graphclient.Query{Select: []string{"id"}, Top: 1})); err == nil {
			p.group = entra.Text(row, "/id")
		}
		_, err := p.client.Post(ctx, groupsRequest([]string{nobody}))
		return err
	case snapshot.GroupMembers:
		group := p.group
		if group == "" {
			group = nobody
		}
		return p.about(ctx, groupMembersRequest(group))
	case snapshot.UserRegistrationDetails:
		req = graphclient.UserRegistrationDetails(graphclient.Query{})
	case snapshot.AuthenticationMethods:
		user := p.user
		if user == "" {
			user = nobody
		}
		return p.about(ctx, graphclient.AuthenticationMethods(user))
	case snapshot.Devices:
		req = graphclient.Devices(one)
	case snapshot.ManagedDevices:
		req = graphclient.ManagedDevices(graphclient.Query{Select: managedDeviceMembers, Top: 1})
	case snapshot.SignIns:
		req = graphclient.SignIns(one)
	case snapshot.DirectoryAudits:
		req = graphclient.DirectoryAudits(one)
	default:
		return fmt.Errorf("no way to look at section %s", id)
	}
	raw, err := p.client.Get(ctx, req)
	if id == snapshot.SignIns && refusedWith(err, http.StatusBadRequest, http.StatusNotFound) {
		if other, berr := p.client.Get(ctx, req.Beta()); berr == nil { // as a run would
			raw, err = other, nil
		}
	}
	if err != nil {
		return err
	}
	if spec, _ := snapshot.Spec(id); spec.Shape == snapshot.Singleton {
		_, err = whole(raw)
		return err
	}
	return listed(raw)
}

// listed checks that an answer is a page of a collection.
func listed(raw entra.Raw) error {
	if rows, _ := entra.Lookup(raw, "/value"); rows.Kind() != '[' {
		return errNoList
	}
	return nil
}

// errNoList is an answer that is no page of a collection.
var errNoList = errors.New("the answer holds no list")

// nobody is an object id that no object has.
const nobody = "00000000-0000-4000-8000-000000000000"

// about asks for something of an object. That it is not there shows that it may be
// asked for.
func (p *prober) about(ctx context.Context, req graphclient.Request) error {
	raw, err := p.client.Get(ctx, req)
	if refusedWith(err, http.StatusNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return listed(raw)
}

func (p *prober) row(ctx context.Context, req graphclient.Request) (entra.Raw, error) {
	raw, err := p.client.Get(ctx, req)
	if err != nil {
		return nil, err
	}
	row, _ := entra.Lookup(raw, "/value/0")
	return row, listed(raw)
}

// lacksPolicies tells whether the token is known to be without a permission to read
// policies, without which sign-ins come with a part missing.
func (h *Health) lacksPolicies() bool {
	held := h.Identity.Permissions()
	return h.Identity.Readable && len(held) > 0 && !holds(held, Permission{"Policy.Read.ConditionalAccess", "Policy.Read.All"})
}

// holds tells whether one of the alternatives is among some permissions. Those that
// write, and hold what reads, count: Policy.ReadWrite.All holds Policy.Read.All.
func holds(held []string, p Permission) bool {
	return slices.ContainsFunc(p, func(name string) bool {
		return slices.ContainsFunc(held, func(h string) bool {
			return strings.EqualFold(h, name) || strings.EqualFold(strings.Replace(h, ".ReadWrite.", ".Read.", 1), name)
		})
	})
}

// remedy finds the one thing that stands in the way of a section.
func (h *Health) remedy(f Finding) Remedy {
	switch f.Entry.State {
	case snapshot.Unlicensed:
		return Remedy{Licence: f.Section.Licence}
	case snapshot.Denied:
	default:
		return Remedy{}
	}
	if f.Entry.Reason == ReasonUnauthenticated {
		return Remedy{}
	}
	held := h.Identity.Permissions()
	if !h.Identity.Readable {
		return Remedy{Permission: f.Section.Needs()[0]}
	}
	for _, p := range f.Section.permissions(!h.Identity.Application) {
		if !holds(held, p) {
			return Remedy{Permission: p[0]}
		}
	}
	// Every permission is there. What Graph calls a missing licence is then a missing
	// permission of another kind (Graph known-issues page).
	if strings.EqualFold(f.Entry.Code, "Authentication_RequestFromNonPremiumTenantOrB2CTenant") && !holds(held, Permission{"Directory.Read.All"}) {
		return Remedy{Permission: "Directory.Read.All"}
	}
	if !h.Identity.Application && len(f.Section.Roles) > 0 {
		return Remedy{Role: f.Section.Roles[0]}
	}
	return Remedy{}
}
