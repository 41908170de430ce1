package methods

import (
	"context"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Policy is the fact that resolves the authentication methods policy.
var Policy = &audit.Fact[*Effective]{
	Name:   "methods.Policy",
	Doc:    "who is in scope of which authentication method, and which passkey profiles apply to whom",
	Reads:  []audit.Read{{Section: snapshot.AuthenticationMethodsPolicy}, {Section: snapshot.Users}},
	Facts:  []audit.AnyFact{population.Users, population.Groups},
	Derive: derivePolicy,
}

// Effective is the resolved methods policy.
type Effective struct {
	Value entra.AuthenticationMethodsPolicy
	Raw   entra.Raw
	// MigrationComplete is No while legacy MFA and self-service password reset
	// settings, which Graph does not show, may still grant methods; Unsure where
	// the policy does not say. Source: MAN (concept-authentication-methods-manage,
	// 2025-03-04).
	MigrationComplete audit.Tri
	// Passkeys is the Fido2 entry with its profiles; nil if the policy has none.
	Passkeys *Passkeys

	methods map[string]*Method
	all     audit.Set
	dir     *population.Directory
	groups  *population.Memberships
	takenAt string
	// usersComplete is false where an account that a target names may exist unread.
	usersComplete bool
}

// Method is one entry of the policy, resolved to accounts.
type Method struct {
	Config *entra.AuthenticationMethodConfiguration
	// Pointer leads to the entry inside the policy object.
	Pointer string
	Enabled audit.Tri
	Include []Target
	Exclude []Target
	// Included and Excluded are the accounts that any include, any exclude target
	// reaches. Whether the method is enabled plays no part.
	Included, Excluded audit.Partly

	scope audit.Partly
}

// Target is one include or exclude target.
type Target struct {
	entra.AuthenticationMethodTarget
	Pointer string // to the target inside the policy object
	// Group is set for group targets other than all_users.
	Group *population.Group
	// Gone is Yes where the targeted user or group no longer exists.
	Gone    audit.Tri
	Members audit.Partly
}

// InScope are the accounts that may use the method: enabled, reached by an
// include target, by no exclude target. Exclusion always wins. Source: PF
// (how-to-authentication-passkeys-fido2, 2026-03-08).
func (m *Method) InScope() audit.Partly { return m.scope }

func (m *Method) scoped() audit.Partly {
	scope := m.Included.Minus(m.Excluded)
	switch m.Enabled {
	case audit.Yes:
		return scope
	case audit.No:
		return audit.Partly{}
	default:
		return audit.Partly{Maybe: scope.Possible()}
	}
}

func derivePolicy(ctx context.Context, p *audit.Pass) (*Effective, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	groups, err := audit.Get(ctx, p, population.Groups)
	if err != nil {
		return nil, err
	}
	q, err := audit.Singleton[entra.AuthenticationMethodsPolicy](ctx, p, snapshot.AuthenticationMethodsPolicy)
	if err != nil {
		return nil, err
	}
	e := &Effective{
		Value: q.Value, Raw: q.Raw, methods: map[string]*Method{},
		all: dir.All, dir: dir, groups: groups,
	}
	e.takenAt, e.usersComplete = p.Now(), p.Status(snapshot.Users).State == snapshot.Complete
	e.resolve()
	return e, nil
}

// Joining is the policy under other memberships of groups.
func (e *Effective) Joining(groups *population.Memberships) *Effective {
	n := *e
	n.methods, n.groups, n.Passkeys = map[string]*Method{}, groups, nil
	n.resolve()
	return &n
}

func (e *Effective) resolve() {
	switch strings.ToLower(e.Value.PolicyMigrationState) {
	case "migrationcomplete":
		e.MigrationComplete = audit.Yes
	case "premigration", "migrationinprogress":
		e.MigrationComplete = audit.No
	}
	for i := range e.Value.Configurations {
		c := &e.Value.Configurations[i]
		m := &Method{Config: c, Pointer: entra.Pointer("authenticationMethodConfigurations", i)}
		switch strings.ToLower(c.State) {
		case "enabled":
			m.Enabled = audit.Yes
		case "disabled":
			m.Enabled = audit.No
		}
		m.Include, m.Included = e.targets(c.IncludeTargets, m.Pointer+"/includeTargets", e.usersComplete)
		m.Exclude, m.Excluded = e.targets(c.ExcludeTargets, m.Pointer+"/excludeTargets", e.usersComplete)
		m.scope = m.scoped()
		e.methods[strings.ToLower(c.ID)] = m
	}
	if m := e.methods[strings.ToLower(entra.MethodFido2)]; m != nil {
		e.Passkeys = newPasskeys(m, e.takenAt)
	}
}

func (e *Effective) targets(list []entra.AuthenticationMethodTarget, pointer string, usersComplete bool) ([]Target, audit.Partly) {
	var targets []Target
	var reached audit.Partly
	for i, t := range list {
		target := Target{AuthenticationMethodTarget: t, Pointer: pointer + entra.Pointer(i)}
		switch {
		case strings.EqualFold(t.ID, entra.AllUsers):
			target.Members, target.Gone = audit.Certainly(e.all), audit.No
		case strings.EqualFold(t.TargetType, "user"), t.TargetType == "" && e.isAccount(t.ID):
			n, known := e.dir.Ordinal(t.ID)
			switch {
			case known:
				target.Members, target.Gone = audit.Certainly(audit.SetOf(n)), audit.No
			case usersComplete:
				target.Gone = audit.Yes
			}
		case strings.EqualFold(t.TargetType, "group"), t.TargetType == "":
			g := e.groups.Lookup(t.ID)
			target.Group, target.Members, target.Gone = &g, g.Members, g.Exists.Not()
		default:
			// A target of a kind this program does not know may reach anybody.
			target.Members = audit.Partly{Maybe: e.all}
		}
		targets = append(targets, target)
		reached = reached.Or(target.Members)
	}
	return targets, reached
}

func (e *Effective) isAccount(id string) bool {
	_, known := e.dir.Ordinal(id)
	return known
}

// Fido2 gives the passkey entry. The error is a *audit.MissingError if the policy
// has none, or one whose state this program does not know.
func (e *Effective) Fido2() (*Passkeys, error) {
	switch {
	case e.Passkeys == nil:
		return nil, &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy, What: "the policy has no Fido2 configuration"}
	case e.Passkeys.Enabled == audit.Unsure:
		return nil, &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy,
			What: fmt.Sprintf("the Fido2 configuration has the state %q, which is not known", e.Passkeys.Config.State)}
	default:
		return e.Passkeys, nil
	}
}

// EnabledPasskeys gets what checks need that presuppose the passkey method. Where
// it is off, it marks the check not applicable and returns nil without an error.
// The caller declares Policy and population.Users.
func EnabledPasskeys(ctx context.Context, p *audit.Pass) (*Effective, *population.Directory, error) {
	policy, err := audit.Get(ctx, p, Policy)
	if err != nil {
		return nil, nil, err
	}
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, nil, err
	}
	passkeys, err := policy.Fido2()
	if err != nil {
		return nil, nil, err
	}
	if passkeys.Enabled == audit.No {
		p.NotApplicable("the Passkey (FIDO2) method is not enabled")
		return nil, nil, nil
	}
	return policy, dir, nil
}

// Quote makes evidence of what stands at a pointer inside the policy.
func (e *Effective) Quote(pointer, means string) audit.Evidence {
	return audit.Quote(snapshot.AuthenticationMethodsPolicy, e.Value.ID, e.Raw, pointer, means)
}

// Subject names the Fido2 entry as the subject of a finding.
func (pk *Passkeys) Subject() audit.Subject {
	return audit.Subject{Type: audit.SubjectPolicy, ID: entra.MethodFido2, Name: "Passkey (FIDO2) method"}
}

// Method finds an entry by id, in any letter case; nil if the policy has none.
func (e *Effective) Method(id string) *Method { return e.methods[strings.ToLower(id)] }

// InScope is Method(id).InScope. A policy without such an entry says nothing about
// it: anybody may be in scope.
func (e *Effective) InScope(id string) audit.Partly {
	if m := e.Method(id); m != nil {
		return m.InScope()
	}
	return audit.Partly{Maybe: e.all}
}
