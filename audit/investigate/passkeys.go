package investigate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/snapshot"
)

// The answers, short.
const (
	yes    = audit.Yes
	no     = audit.No
	unsure = audit.Unsure
)

// Passkey is one that is registered, with what today's policies say of it.
type Passkey struct {
	ID      string
	Name    string // that its owner gave it
	AAGUID  string
	Model   string
	Type    string // deviceBound, synced; empty: not told
	Attests string // attested, notAttested; empty: not told
	Created time.Time
	Keeper  Authenticator
	// OS is the system of the phone, of passkeys in Microsoft Authenticator.
	OS devices.OS
	// SignIn and Registration are what today's profiles say: whether it may be used, and
	// whether its like may be registered.
	SignIn, Registration Ruling
	Strengths            []Meets
	Evidence             []audit.Evidence

	credential methods.Credential
	pointer    string // into the account's row of authenticationMethods
}

// Ruling is what policy says of a passkey.
type Ruling struct {
	Accepted audit.Tri
	// Why says what refuses it, or because of what it is not known.
	Why      string
	Profiles []string // that admit it
	Evidence []audit.Evidence
	// Type and Model tell what it is refused for.
	Type, Model, Attestation, Scope bool
}

// Meets says whether a passkey meets a strength that is demanded of the account.
type Meets struct {
	Strength, Name string
	Met            audit.Tri
}

// label names a passkey in a sentence.
func (k *Passkey) label() string {
	switch k.Keeper {
	case MicrosoftAuthenticator:
		return "passkey in Microsoft Authenticator on " + k.OS.String()
	case WindowsHello:
		return "passkey in Windows Hello"
	case Provider:
		if k.Model != "" {
			return "passkey in " + k.Model
		}
		return "synced passkey"
	case SecurityKey:
		return "security key " + k.Model
	}
	if k.Name != "" {
		return fmt.Sprintf("passkey %q", k.Name)
	}
	return "passkey"
}

// Label names a passkey for people.
func (k *Passkey) Label() string { return k.label() }

func (r *reader) passkeys(ctx context.Context) error {
	d := r.d
	id := r.dir.Member(r.n).ID
	for _, kind := range []methods.Kind{
		methods.Passkey, methods.WindowsHello, methods.PlatformCredential, methods.Authenticator, methods.SoftwareOath, methods.HardwareOath,
		methods.MobilePhone, methods.AlternatePhone, methods.OfficePhone, methods.TemporaryAccessPass, methods.ExternalMethod, methods.Unrecognised,
	} {
		if r.held.Of(kind).Has(r.n) {
			d.Holds = append(d.Holds, kind)
		}
	}
	d.Listed = r.held.Asked.Has(r.n)
	rows, err := audit.RowsOf(ctx, r.Pass, snapshot.AuthenticationMethods, []string{id})
	if err != nil {
		return err
	}
	row := rows[id]
	report, err := audit.RowsOf(ctx, r.Pass, snapshot.UserRegistrationDetails, []string{id})
	if err != nil {
		return err
	}
	for _, held := range r.held.Passkeys(r.n) {
		k := Passkey{AAGUID: held.AAGUID, Model: held.Model, Type: held.Type, Attests: held.AttestationLevel, credential: held.Credential, pointer: held.Pointer}
		if held.Pointer != "" {
			k.ID, k.Name = entra.Text(row.Raw, held.Pointer+"/id"), entra.Text(row.Raw, held.Pointer+"/displayName")
			k.Created, _ = entra.ParseTime(entra.Text(row.Raw, held.Pointer+"/createdDateTime")) // zero where it is not told
			k.Evidence = append(k.Evidence, audit.Quote(snapshot.AuthenticationMethods, row.Key, row.Raw, held.Pointer+"/aaGuid", "the model of the registered passkey"))
		} else if q, found := report[id]; found {
			k.Evidence = append(k.Evidence, audit.Quote(snapshot.UserRegistrationDetails, q.Key, q.Raw, "/methodsRegistered", "the report names a passkey"))
		}
		k.name(r.d.known)
		k.SignIn, k.Registration = r.ruling(k.credential, false), r.ruling(k.credential, true)
		d.Passkeys = append(d.Passkeys, k)
	}
	slices.SortStableFunc(d.Passkeys, func(a, b Passkey) int { return b.Created.Compare(a.Created) })
	if d.holdings, err = methods.QuoteHoldings(ctx, r.Pass, r.dir, r.held, audit.SetOf(r.n), "what is registered"); err != nil || row.Raw == nil {
		return err
	}
	return r.apps(row)
}

// name says what keeps the passkey, by its model.
func (k *Passkey) name(known published) {
	m := known.modelOf(k.AAGUID)
	if m != nil && k.Model == "" {
		k.Model = m.Name
	}
	switch {
	case strings.EqualFold(k.AAGUID, catalogue.AuthenticatorAndroid):
		k.Keeper, k.OS = MicrosoftAuthenticator, devices.Android
	case strings.EqualFold(k.AAGUID, catalogue.AuthenticatorIOS):
		k.Keeper, k.OS = MicrosoftAuthenticator, devices.IOS
	case strings.EqualFold(k.Type, "synced"):
		k.Keeper = Provider
	case m == nil:
	case m.Kind == catalogue.SecurityKey:
		k.Keeper = SecurityKey
	case m.Platform == "windows":
		k.Keeper = WindowsHello
	default:
		k.Keeper = Provider
	}
}

// apps adds what listed Authenticators say of the phones they are on.
func (r *reader) apps(row audit.KeyedRow) error {
	var listing entra.UserMethods
	if err := entra.Decode(row.Raw, &listing); err != nil {
		return nil // a row that cannot be read is noted where it was read
	}
	for i := range listing.Methods {
		m := &listing.Methods[i]
		if methods.KindOf(m) != methods.Authenticator {
			continue
		}
		pointer := entra.Pointer("value", i)
		member, os, known := devices.PlatformOf(m)
		if !known {
			continue
		}
		p := Device{Name: m.DisplayName, OS: os, App: true, AppOf: m.PhoneAppVersion,
			Evidence: audit.Quote(snapshot.AuthenticationMethods, row.Key, row.Raw, pointer+"/"+member, "Microsoft Authenticator on "+os.String())}
		if m.PhoneAppVersion != "" {
			p.app = audit.Quote(snapshot.AuthenticationMethods, row.Key, row.Raw, pointer+"/phoneAppVersion", "the version of Microsoft Authenticator")
		}
		r.d.Phones = append(r.d.Phones, p)
	}
	return nil
}

// ruling says what the policy says of a credential of the account: one profile must
// admit it by itself (PF, how-to-authentication-passkeys-fido2, 2026-03-08).
func (r *reader) ruling(c methods.Credential, registering bool) Ruling {
	if r.policy == nil || r.policy.Passkeys == nil {
		return Ruling{Why: "the methods policy was not read"}
	}
	pk := r.policy.Passkeys
	switch scope := pk.InScope().Has(r.n); {
	case scope == no:
		return Ruling{Accepted: no, Why: "the account is out of scope of the passkey method", Scope: true, Evidence: []audit.Evidence{r.policy.Quote(pk.Pointer+"/state", "whether the method is on")}}
	case registering && (r.d.Guest || !r.d.Enabled):
		return Ruling{Accepted: no, Why: "guests and disabled accounts register nothing", Scope: true}
	case pk.Mode == methods.ProfilesUnread:
		return Ruling{Why: "the passkey profiles were not read"}
	case scope == unsure:
		return Ruling{Why: "it is not known whether the method reaches the account"}
	}
	out := Ruling{Accepted: no, Why: "no passkey profile applies to the account"}
	for i := range pk.Profiles {
		p := &pk.Profiles[i]
		applies := appliesTo(p, r.n)
		if applies == no {
			continue
		}
		byType, byModel := p.AllowsType(c), p.AllowsAAGUID(c)
		admits := p.AllowsSignIn(c)
		if registering {
			admits = p.AllowsRegistration(c)
		}
		pointer := "/keyRestrictions"
		switch {
		case admits == yes:
			out.Profiles = append(out.Profiles, p.Label())
		case byType == no:
			out.Type, pointer = true, "/passkeyTypes"
		case byModel == no:
			out.Model = true
		default:
			out.Attestation, pointer = true, ""
		}
		if admits != yes {
			at := p.Pointer + pointer
			if pointer == "" {
				at = p.AttestationPointer()
			}
			out.Evidence = append(out.Evidence, r.policy.Quote(at, "what "+p.Label()+" admits"))
		}
		out.Accepted = out.Accepted.Or(applies.And(admits))
	}
	switch {
	case out.Accepted == yes:
		out.Why, out.Evidence, out.Type, out.Model, out.Attestation = "", nil, false, false, false
	case out.Accepted == unsure:
		out.Why = "it is not known whether a profile of the account admits it"
	case out.Model:
		out.Why = "no profile of the account admits this model"
	case out.Type:
		out.Why = "no profile of the account admits passkeys of this type"
	case out.Attestation:
		out.Why = "every profile of the account demands an attestation that it does not give"
	}
	return out
}

func appliesTo(p *methods.Profile, n uint32) audit.Tri { return p.Reach.Has(n) }

// Demand is a strength that an enforced policy demands of the account.
type Demand struct {
	Strength, Name string
	Policies       []string
	// Everywhere: some of the policies is for all resources or for Office 365.
	Everywhere bool
	Evidence   []audit.Evidence
	// Met tells of the passkeys that may be used whether some meets it.
	Met audit.Tri
}

// demands says of every passkey which demanded strengths it meets.
func (r *reader) demands(ctx context.Context) error {
	for _, s := range r.policies.StrengthDemands() {
		d := Demand{Strength: s.StrengthID(), Name: s.Label(), Met: no}
		var reaching []int
		for _, i := range s.Policies {
			if r.policies.Reach[i].Has(r.n) == yes {
				reaching = append(reaching, i)
				d.Policies = append(d.Policies, r.policies.PolicyLabel(i))
				d.Everywhere = d.Everywhere || everywhere(r.policies.Definition(i))
			}
		}
		if len(reaching) == 0 {
			continue
		}
		var err error
		if d.Evidence, err = r.policies.QuotePolicies(ctx, r.Pass, reaching, access.GrantPointer, "what the policy demands"); err != nil {
			return err
		}
		for i := range r.d.Passkeys {
			k := &r.d.Passkeys[i]
			in := conditionalaccess.SignIn{Using: []string{"fido2"}}
			if k.AAGUID != "" {
				in.AAGUID = conditionalaccess.Is(k.AAGUID)
			}
			met := s.Met(&in)
			k.Strengths = append(k.Strengths, Meets{d.Strength, d.Name, met})
			d.Met = d.Met.Or(k.SignIn.Accepted.And(met))
		}
		r.d.Demands = append(r.d.Demands, d)
	}
	return nil
}

// everywhere tells whether a policy is for ordinary work.
func everywhere(p *entra.ConditionalAccessPolicy) bool {
	if p.Conditions == nil || p.Conditions.Applications == nil {
		return false
	}
	return slices.ContainsFunc(p.Conditions.Applications.IncludeApplications, func(id string) bool {
		return strings.EqualFold(id, "All") || strings.EqualFold(id, "Office365")
	})
}
