package investigate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/lifecycle"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Dossier is all that a snapshot tells of one account. It must not be changed.
type Dossier struct {
	User entra.User
	Kind population.Kind
	// Enabled and Guest are the account's.
	Enabled, Guest bool
	// Verdict is where the account stands, as readiness says it. Where nobody can be
	// judged for want of a section it is unknown and names that.
	Verdict bootstrap.Verdict
	// Unjudged: the person cannot be judged.
	Unjudged bool
	// Listed: the account's methods were listed. Otherwise the registration report is
	// all that is known of them.
	Listed   bool
	Passkeys []Passkey
	Phones   []Device
	// Computers are those that the directory or Intune give to the account.
	Computers []Device
	// Holds are the kinds of methods that are registered.
	Holds []methods.Kind
	// Pass is Yes where a Temporary Access Pass can be used now.
	Pass audit.Tri
	// Attempts are sign-ins that did not succeed, the newest first; Successes those that
	// did.
	Attempts, Successes []Attempt
	Changes             []Change
	// Orphans are the signs that device and Entra disagree about a passkey, the most
	// certain first.
	Orphans []Orphan
	// SignIns and Audits are how far the logs reach; nil where they were not read.
	SignIns, Audits *activity.Window
	Rules           Rules
	// Demands are the strengths that enforced policies demand of the account.
	Demands []Demand
	// Scope is evidence of why the method does or does not reach the account.
	Scope []audit.Evidence
	// ExcludedBy names the groups that exclude the account from the method.
	ExcludedBy []string
	// Blockers is evidence of what has to change for those who are trapped, and
	// RegisterPolicies that of policies that demand something of registering.
	Blockers, RegisterPolicies []audit.Evidence
	// BlockerLabels name the objects that must all change.
	BlockerLabels []string
	// Instead are other smallest sets of objects whose change would do as well.
	Instead []string
	// RegisterLabels name policies that demand a strength of whoever registers.
	RegisterLabels []string
	// PoliciesReach counts the enforced policies that reach the account, or may.
	PoliciesReach int
	PoliciesKnown bool
	// Missing are the sections that could tell something of the account and were not
	// read, with their states.
	Missing []Gap
	TakenAt time.Time

	known    published
	row      entra.Raw // of users
	holdings []audit.Evidence
	// examined counts the rows of sections that were looked through.
	examined map[snapshot.SectionID]int
	// policiesExamined: the policies were looked through; nil where they were not read.
	policiesExamined *audit.Evidence
}

// Gap is a section that was not read.
type Gap struct {
	Section snapshot.SectionID `json:"section"`
	State   snapshot.State     `json:"state"`
	Needs   []string           `json:"needs,omitzero"`
}

// ID is the account's object id.
func (d *Dossier) ID() string { return d.User.ID }

// Name is how sentences call the person: by the first word of the display name.
func (d *Dossier) Name() string {
	for word := range strings.FieldsSeq(d.User.DisplayName) {
		return strings.Trim(word, ",;")
	}
	local, _, _ := strings.Cut(d.User.UserPrincipalName, "@")
	return local
}

// Reading is the fact that gathers the dossier of the one account that a view made by
// [Open] is about.
var Reading = &audit.Fact[*Dossier]{
	Name: "investigate.Reading",
	Doc:  "all that the snapshot tells of the one account it is narrowed to",
	Reads: []audit.Read{
		{Section: snapshot.Users}, {Section: snapshot.AuthenticationMethods}, {Section: snapshot.UserRegistrationDetails},
		{Section: snapshot.Devices, Gap: audit.Refines}, {Section: snapshot.ManagedDevices, Gap: audit.Refines},
		{Section: snapshot.SignIns, Gap: audit.Refines}, {Section: snapshot.DirectoryAudits, Gap: audit.Refines},
		{Section: snapshot.ConditionalAccessPolicies}, {Section: snapshot.NamedLocations, Gap: audit.Refines}, {Section: snapshot.Groups}, {Section: snapshot.GroupMembers},
		{Section: snapshot.RoleAssignments, Gap: audit.Refines}, {Section: snapshot.AuthenticationStrengths}, {Section: snapshot.AuthenticationMethodsPolicy},
	},
	Facts:  []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.Usable, access.Policies, activity.Changes, bootstrap.Reach, lifecycle.Orphans},
	Derive: readDossier,
}

// Read gathers the dossier of the account that a view made by [Open] is about.
func Read(ctx context.Context, run *audit.Run) (*Dossier, error) {
	d, err := audit.Evaluate(ctx, run, Reading)
	if err != nil {
		return nil, err
	}
	read := *d
	read.examined = map[snapshot.SectionID]int{}
	for _, id := range []snapshot.SectionID{snapshot.SignIns, snapshot.DirectoryAudits, snapshot.Devices, snapshot.ManagedDevices} {
		read.examined[id] = run.Snapshot().Examined(id)
	}
	return &read, nil
}

// reader gathers a dossier.
type reader struct {
	*audit.Pass
	d        *Dossier
	n        uint32
	dir      *population.Directory
	policy   *methods.Effective // nil where there is no methods policy
	held     *methods.Held
	policies *access.Compiled
	reach    *bootstrap.Result // nil where nobody can be judged
	when     time.Time
}

func readDossier(ctx context.Context, p *audit.Pass) (*Dossier, error) {
	r := &reader{Pass: p, d: &Dossier{known: published{p.Catalogue()}}}
	var err error
	if r.dir, err = audit.Get(ctx, p, population.Users); err != nil {
		return nil, err
	}
	ids := p.Scope().IDs
	if len(ids) != 1 {
		return nil, fmt.Errorf("the view is of %d accounts, not of one", len(ids))
	}
	var known bool
	if r.n, known = r.dir.Ordinal(ids[0]); !known {
		return nil, &audit.MissingError{Section: snapshot.Users, What: "the account has no row that can be read"}
	}
	// A time that cannot be read was refused when the snapshot was opened.
	r.when, _ = entra.ParseTime(p.Now())
	r.d.TakenAt = r.when
	for _, step := range []func(context.Context) error{
		r.user, r.judge, r.passkeys, r.devices, r.signIns, r.audits, r.orphans, r.rules, r.demands, r.blockers,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	r.gaps()
	return r.d, nil
}

func (r *reader) user(ctx context.Context) error {
	rows, err := audit.QuotedObjects[entra.User](ctx, r.Pass, snapshot.Users)
	if err != nil {
		return err
	}
	id := r.dir.Member(r.n).ID
	for _, q := range rows {
		if strings.EqualFold(q.Value.ID, id) {
			r.d.User, r.d.row = q.Value, q.Raw
		}
	}
	r.d.Enabled, r.d.Guest = r.dir.Enabled.Has(r.n), r.dir.Guests.Has(r.n)
	for _, kind := range audit.AccountKinds() {
		if r.dir.OfKind(kind).Has(r.n) {
			r.d.Kind = kind
		}
	}
	return nil
}

// judge takes over what readiness says.
func (r *reader) judge(ctx context.Context) error {
	var err error
	if r.held, err = audit.Get(ctx, r.Pass, methods.Holdings); err != nil {
		return err
	}
	if r.policies, err = audit.Get(ctx, r.Pass, access.Policies); err != nil {
		return err
	}
	r.policy, err = audit.Get(ctx, r.Pass, methods.Policy)
	if _, missing := errors.AsType[*audit.MissingError](err); err != nil && !missing {
		return err
	}
	r.reach, err = audit.Get(ctx, r.Pass, bootstrap.Reach)
	if missing, is := errors.AsType[*audit.MissingError](err); is {
		if v, beyond := bootstrap.Beyond(r.dir, r.n); beyond {
			r.d.Verdict = v
			return nil
		}
		r.d.Unjudged = true
		r.d.Verdict = bootstrap.Verdict{State: bootstrap.Unknown, Missing: []string{string(missing.Section)}, Confidence: bootstrap.Low}
		return nil
	}
	if err != nil {
		return err
	}
	r.d.Verdict = r.reach.Of(r.n)
	strong, err := audit.Get(ctx, r.Pass, methods.Usable)
	if err != nil {
		return err
	}
	r.d.Pass = strong.Pass.Has(r.n)
	return nil
}

// quote makes evidence of a member of the account's own row.
func (d *Dossier) quote(pointer, means string) audit.Evidence {
	return audit.Quote(snapshot.Users, d.User.ID, d.row, pointer, means)
}

// blockers quotes what stands in the way.
func (r *reader) blockers(ctx context.Context) error {
	d := r.d
	for i, p := range r.policies.Policies {
		if p.State == conditionalaccess.Enabled && r.policies.Reach[i].Has(r.n) != audit.No {
			d.PoliciesReach++
		}
	}
	if r.Status(snapshot.ConditionalAccessPolicies).State.HasRows() {
		e := audit.Examined(snapshot.ConditionalAccessPolicies, len(r.policies.Policies), countText(d.PoliciesReach, "enforced policy reaches the account", "enforced policies reach the account"))
		d.policiesExamined = &e
	}
	d.PoliciesKnown = r.Status(snapshot.ConditionalAccessPolicies).State == snapshot.Complete
	if r.reach == nil {
		return nil
	}
	var err error
	if d.Blockers, err = r.reach.QuoteBlockers(ctx, r.Pass, d.Verdict.BlockedBy, d.Verdict.Reasons); err != nil {
		return err
	}
	for _, b := range d.Verdict.BlockedBy {
		d.BlockerLabels = append(d.BlockerLabels, r.reach.Label(b))
	}
	for _, set := range d.Verdict.Openings() {
		if !slices.Equal(set, d.Verdict.BlockedBy) {
			d.Instead = append(d.Instead, r.reach.Labels(set))
		}
	}
	var ids []string
	for _, demand := range r.reach.RegisterDemands() {
		if demand.Reach.Has(r.n) == audit.Yes {
			ids = append(ids, demand.ID)
			d.RegisterLabels = append(d.RegisterLabels, r.reach.Label(bootstrap.Blocker{Type: bootstrap.PolicyBlocker, ID: demand.ID}))
		}
	}
	d.RegisterPolicies, err = bootstrap.QuotePolicies(ctx, r.Pass, ids, false)
	return err
}

// gaps lists what was not read.
func (r *reader) gaps() {
	for _, id := range []snapshot.SectionID{
		snapshot.AuthenticationMethodsPolicy, snapshot.ConditionalAccessPolicies, snapshot.AuthenticationStrengths, snapshot.AuthenticationMethods,
		snapshot.NamedLocations, snapshot.Groups, snapshot.GroupMembers, snapshot.RoleAssignments, snapshot.UserRegistrationDetails, snapshot.Devices, snapshot.ManagedDevices, snapshot.SignIns, snapshot.DirectoryAudits,
	} {
		s := r.Status(id)
		if s.WholeInView() || s.State == snapshot.Unlicensed && id == snapshot.ManagedDevices {
			continue
		}
		g := Gap{Section: id, State: s.State}
		if s.Entry != nil {
			g.Needs = s.Entry.Needs
		}
		r.d.Missing = append(r.d.Missing, g)
	}
}

// Device is a phone or computer that is in evidence.
type Device struct {
	Name, Model string
	OS          devices.OS
	Version     string
	// Managed: Intune has it. Personal: it is said to be the person's own.
	Managed, Personal bool
	Compliant         audit.Tri
	Trust             string // AzureAd, ServerAd, Workplace
	Disabled          bool
	LastSeen          string
	Evidence          audit.Evidence // the operating system
	version           audit.Evidence // its version; Section is empty where it is not told
	// App tells that the device is known as one with Microsoft Authenticator, and AppOf
	// its version.
	App   bool
	AppOf string
	app   audit.Evidence
}

func (r *reader) devices(ctx context.Context) error {
	id := r.dir.Member(r.n).ID
	byID := map[string]*Device{}
	var list []*Device
	rows, err := audit.QuotedObjects[entra.Device](ctx, r.Pass, snapshot.Devices)
	if err != nil {
		return err
	}
	owns := func(lists ...[]entra.DirectoryObject) bool {
		return slices.ContainsFunc(slices.Concat(lists...), func(o entra.DirectoryObject) bool { return strings.EqualFold(o.ID, id) })
	}
	for _, q := range rows {
		v := &q.Value
		d := &Device{
			Name: v.DisplayName, Model: strings.TrimSpace(v.Manufacturer + " " + v.Model), OS: devices.OSOf(v.OperatingSystem), Version: v.OperatingSystemVersion,
			Personal: strings.EqualFold(v.DeviceOwnership, "Personal"), Managed: v.IsManaged != nil && *v.IsManaged, Compliant: triOf(v.IsCompliant),
			Trust: v.TrustType, Disabled: v.AccountEnabled != nil && !*v.AccountEnabled, LastSeen: v.ApproximateLastSignInDateTime,
			Evidence: audit.Quote(snapshot.Devices, v.ID, q.Raw, "/operatingSystem", "a device of the account"),
		}
		if v.OperatingSystemVersion != "" {
			d.version = audit.Quote(snapshot.Devices, v.ID, q.Raw, "/operatingSystemVersion", "the version of its system")
		}
		if v.DeviceID != "" {
			byID[strings.ToLower(v.DeviceID)] = d
		}
		if owns(v.RegisteredOwners, v.RegisteredUsers) {
			list = append(list, d)
		}
	}
	managed, err := audit.QuotedObjects[entra.ManagedDevice](ctx, r.Pass, snapshot.ManagedDevices)
	if err != nil {
		return err
	}
	for _, q := range managed {
		v := &q.Value
		if !strings.EqualFold(v.UserID, id) {
			continue
		}
		d := byID[strings.ToLower(v.AzureADDeviceID)]
		if d == nil {
			d = &Device{Name: v.DeviceName, OS: devices.OSOf(v.OperatingSystem), Evidence: audit.Quote(snapshot.ManagedDevices, v.ID, q.Raw, "/operatingSystem", "a device of the account in Intune")}
		}
		if !slices.Contains(list, d) {
			list = append(list, d)
		}
		d.Managed, d.Personal = true, strings.EqualFold(v.ManagedDeviceOwnerType, "personal")
		d.Model = cmp.Or(strings.TrimSpace(v.Manufacturer+" "+v.Model), d.Model)
		d.LastSeen = cmp.Or(v.LastSyncDateTime, d.LastSeen)
		if v.OSVersion != "" {
			d.Version, d.version = v.OSVersion, audit.Quote(snapshot.ManagedDevices, v.ID, q.Raw, "/osVersion", "the version of its system")
		}
	}
	for _, d := range list {
		switch {
		case d.Disabled:
		case d.OS.Phone():
			r.d.Phones = append(r.d.Phones, *d)
		case d.OS != "":
			r.d.Computers = append(r.d.Computers, *d)
		}
	}
	return nil
}

func triOf(b *bool) audit.Tri {
	if b == nil {
		return audit.Unsure
	}
	return audit.TriOf(*b)
}
