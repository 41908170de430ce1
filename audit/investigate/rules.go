package investigate

import (
	"context"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
)

// Rules are what the methods policy lets the account register and use, by what keeps the
// passkey.
type Rules struct {
	Known bool
	// InScope tells whether the method reaches the account.
	InScope     audit.Tri
	SelfService audit.Tri
	// Attested: every profile of the account demands attestation.
	Attested audit.Tri
	// Android and IOS are registering, and Used signing in, with Microsoft Authenticator
	// there.
	Android, IOS         Ruling
	UsedAndroid, UsedIOS Ruling
	// Synced is registering a synced passkey of a provider that no list names.
	Synced Ruling
	// AllTypes: some profile admits device-bound and synced passkeys alike.
	AllTypes audit.Tri
	evidence struct{ selfService, attested []audit.Evidence }

	ruling func(methods.Credential, bool) Ruling
}

// authenticator is registering with Microsoft Authenticator on a system.
func (r *Rules) authenticator(os devices.OS) *Ruling {
	if os == devices.IOS {
		return &r.IOS
	}
	return &r.Android
}

const anyModel = "ffffffff-ffff-ffff-ffff-ffffffffffff" // a model that no list names

// rules asks the policy about what people may want to register.
func (r *reader) rules(context.Context) error {
	rules := &r.d.Rules
	rules.ruling = r.ruling
	if r.policy == nil || r.policy.Passkeys == nil {
		return nil
	}
	pk := r.policy.Passkeys
	rules.Known, rules.InScope, rules.SelfService = true, pk.InScope().Has(r.n), pk.SelfService
	app := func(aaguid string, registering bool) Ruling {
		return r.ruling(methods.Credential{AAGUID: aaguid, Type: "deviceBound", Attest: yes}, registering)
	}
	rules.Android, rules.IOS = app(catalogue.AuthenticatorAndroid, true), app(catalogue.AuthenticatorIOS, true)
	rules.UsedAndroid, rules.UsedIOS = app(catalogue.AuthenticatorAndroid, false), app(catalogue.AuthenticatorIOS, false)
	rules.Synced = r.ruling(methods.Credential{AAGUID: anyModel, Type: "synced", Attest: no}, true)
	rules.evidence.selfService = []audit.Evidence{r.policy.Quote(pk.Pointer+"/isSelfServiceRegistrationAllowed", "whether people may register themselves")}
	rules.Attested, rules.AllTypes = yes, no
	some := no
	for i := range pk.Profiles {
		p := &pk.Profiles[i]
		applies := appliesTo(p, r.n)
		if applies == no {
			continue
		}
		some = some.Or(applies)
		rules.Attested = rules.Attested.And(applies.Not().Or(p.Attests()))
		rules.AllTypes = rules.AllTypes.Or(applies.And(p.ListsSynced()).And(p.ListsDeviceBound()))
		rules.evidence.attested = append(rules.evidence.attested, r.policy.Quote(p.AttestationPointer(), "whether "+p.Label()+" demands attestation"))
	}
	rules.Attested = rules.Attested.And(some)
	r.scope(pk)
	return nil
}

// scope quotes what puts the account in or out of scope of the method.
func (r *reader) scope(pk *methods.Passkeys) {
	d := r.d
	add := func(e audit.Evidence) { d.Scope = append(d.Scope, e) }
	if !d.Enabled {
		add(d.quote("/accountEnabled", "the account is disabled"))
	}
	if d.Guest {
		switch {
		case strings.EqualFold(d.User.UserType, "Guest"):
			add(d.quote("/userType", "the account is a guest"))
		case d.User.ExternalUserState != nil && *d.User.ExternalUserState != "":
			add(d.quote("/externalUserState", "the account was invited from outside"))
		default:
			add(d.quote("/userPrincipalName", "the name is that of an account from outside"))
		}
	}
	if pk.Enabled == no {
		add(r.policy.Quote(pk.Pointer+"/state", "whether the method is on"))
	}
	if pk.Excluded.Has(r.n) == yes {
		for _, t := range pk.Exclude {
			if t.Members.Has(r.n) == yes {
				add(r.policy.Quote(t.Pointer+"/id", "this target excludes the account"))
				if t.Group != nil {
					d.ExcludedBy = append(d.ExcludedBy, "the group "+t.Group.Label())
				}
			}
		}
	}
	if pk.Included.Has(r.n) == no {
		add(r.policy.Quote(pk.Pointer+"/includeTargets", "none of these targets reaches the account"))
	}
}

// compareVersions compares dotted numbers; ok is false where a part is none.
func compareVersions(a, b string) (order int, ok bool) {
	as, bs := strings.Split(strings.TrimSpace(a), "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		x, okX := part(as, i)
		y, okY := part(bs, i)
		if !okX || !okY {
			return 0, false
		}
		if x != y {
			if x < y {
				return -1, true
			}
			return 1, true
		}
	}
	return 0, true
}

func part(list []string, i int) (n int, ok bool) {
	if i >= len(list) {
		return 0, true
	}
	if list[i] == "" {
		return 0, false
	}
	for _, c := range list[i] {
		if c < '0' || c > '9' || n > 1<<24 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
