package collect

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// people are those a narrowed run is about. nil stands for everybody.
type people struct {
	kind snapshot.ScopeKind
	ids  []string // of the user or the groups, for the manifest
	keys *idSet   // ids of the people
	// names are their user principal names: some audit events name nothing else.
	names *idSet
	user  answer // of a run about one user
	upn   string // of that user, if known
}

func (p *people) scope() snapshot.Scope {
	if p == nil {
		return snapshot.Scope{Kind: snapshot.ScopeTenant}
	}
	return snapshot.Scope{Kind: p.kind, IDs: p.ids}
}

// oneUser tells whether the run is about a single user.
func (p *people) oneUser() bool { return p != nil && p.kind == snapshot.ScopeUser }

// has tells whether an id is that of one of the people.
func (p *people) has(id string) bool { return p == nil || p.keys.has(id) }

func (p *people) add(id, upn string) {
	if p == nil {
		return
	}
	p.keys.add(id)
	if upn != "" {
		p.names.add(upn)
	}
}

// resolveScope finds whom the run is narrowed to, before anything is written.
func (r *run) resolveScope(ctx context.Context) error {
	switch {
	case r.opts.Scope.User != "":
		return r.resolveUser(ctx)
	case len(r.opts.Scope.Groups) > 0:
		return r.resolveGroups(ctx)
	}
	return nil
}

func (r *run) resolveUser(ctx context.Context) error {
	name := r.opts.Scope.User
	raw, err := r.client.Get(ctx, graphclient.UserByID(name, graphclient.Query{Select: userMembers}))
	_, isID := parseGUID(name)
	switch {
	case refusedWith(err, http.StatusNotFound, http.StatusBadRequest):
		return &NotFoundError{What: "user", Err: err, Near: r.near(ctx, name)}
	case refusedWith(err, http.StatusForbidden) && !isID:
		return fmt.Errorf("collect: look the user up: %w; grant User.Read.All, or name the user by object id", err)
	case err != nil && (!isID || ctx.Err() != nil || lostToken(err)):
		return fmt.Errorf("collect: look the user up: %w", err)
	}
	p := &people{kind: snapshot.ScopeUser, keys: &idSet{}, names: &idSet{}, user: answer{raw, err}}
	id := name
	if err == nil {
		if id = entra.Text(raw, "/id"); id == "" {
			return fmt.Errorf("collect: look the user up: %w", errNoObject)
		}
		p.upn = entra.Text(raw, "/userPrincipalName")
	}
	p.ids = []string{id}
	for _, group := range r.opts.Scope.NamedGroups {
		r.refs.addGroup(group)
	}
	p.add(id, p.upn)
	r.people = p
	return nil
}

// near lists user principal names that begin like a name that is none: with the same
// part before the @, or as those of guests who have it as their address at home. Where
// that cannot be asked there are none.
func (r *run) near(ctx context.Context, name string) (names []string) {
	local, _, isAddress := strings.Cut(name, "@")
	if local == "" {
		return nil
	}
	condition := "startswith(userPrincipalName," + quote(local) + ")"
	if isAddress {
		condition += " or startswith(userPrincipalName," + quote(strings.ReplaceAll(name, "@", "_")+"#EXT#") + ")"
	}
	for page, err := range r.client.Pages(ctx, graphclient.Users(graphclient.Query{Select: []string{"id", "userPrincipalName"}, Filter: condition, Top: mostNear})) {
		if err != nil {
			return nil
		}
		for _, row := range page.Rows {
			if upn := entra.Text(row, "/userPrincipalName"); upn != "" && len(names) < mostNear {
				names = append(names, upn)
			}
		}
		break
	}
	return names
}

// mostNear is how many names are offered in the place of one that nobody has.
const mostNear = 5

func (r *run) resolveGroups(ctx context.Context) error {
	p := &people{kind: snapshot.ScopeGroups, keys: &idSet{}, names: &idSet{}}
	seen := &idSet{}
	for _, id := range r.opts.Scope.Groups {
		if seen.add(id) {
			p.ids = append(p.ids, id)
			r.refs.addPrincipal(id)
		}
	}
	found := &idSet{}
	rows, err := r.resolve(ctx, p.ids)
	for _, row := range rows {
		found.add(entra.Text(row, "/id"))
	}
	switch {
	case err != nil && (ctx.Err() != nil || lostToken(err)):
		return fmt.Errorf("collect: look the groups up: %w", err)
	case err == nil:
		for _, id := range p.ids {
			if !found.has(id) {
				return &NotFoundError{What: "group", ID: id}
			}
		}
	}
	r.people = p
	return nil
}

// noPeople settles a section of a narrowed run that does not know about whom it is: that
// there are no rows of these people would be no more than that nobody was looked for.
func (j *job) noPeople() bool {
	if j.r.people == nil || j.r.people.keys.len() > 0 || j.r.accounts.keys != nil {
		return false
	}
	j.entry.State, j.entry.Reason = snapshot.NotCollected, "the people of the groups could not be read"
	return true
}

// cutPeople tells whether a narrowed run knows some of the people only whom it is about.
func (r *run) cutPeople() bool {
	users := r.entryOf(snapshot.Users)
	return r.people != nil && users.State == snapshot.Partial && users.Reason != snapshot.ReasonScope
}

// pick keeps the rows whose member names one of the people.
func (j *job) pick(member string) func([]entra.Raw) error {
	return func(rows []entra.Raw) error {
		kept := rows
		if j.r.people != nil {
			kept = kept[:0]
			for _, row := range rows {
				if j.r.people.has(entra.Text(row, entra.Pointer(member))) {
					kept = append(kept, row)
				}
			}
		}
		return j.append(kept...)
	}
}
