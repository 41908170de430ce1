package tenantgen

import "slices"

// word is one thing somebody registered.
type word int

const (
	push word = iota // Microsoft Authenticator, with one-time codes
	phone
	hello
	macKey
	appPasskey // in Microsoft Authenticator
	securityKey
	attestedKey // of the model that administrators and the shop floor get
	oldKey      // of a model no profile admits any more
	syncedKey
	passOnce
	passMany
	passExpired
	external
	email
)

// kit is what an account has registered besides a password.
type kit []word

// passkey tells whether the word is a FIDO2 method.
func (w word) passkey() bool { return w >= appPasskey && w <= syncedKey }

// pass tells whether the word is a Temporary Access Pass.
func (w word) pass() bool { return w >= passOnce && w <= passExpired }

// choice is a kit with its share.
type choice struct {
	weight int
	kit    kit
}

// choices are the kits of people who do one kind of work, before and after
// passkeys reached their department.
type choices struct {
	kits  []choice
	picks weighted
}

func of(kits ...choice) choices {
	return choices{kits, weightsOf(kits, func(c choice) int { return c.weight })}
}

var (
	before = map[work]choices{
		frontline: of(choice{38, nil}, choice{30, kit{phone}}, choice{18, kit{push}}, choice{10, kit{push, phone}},
			choice{2, kit{passExpired}}, choice{2, kit{email}}),
		office: of(choice{40, kit{push}}, choice{22, kit{push, phone}}, choice{16, kit{push, hello}}, choice{8, kit{push, phone, hello}},
			choice{6, kit{phone}}, choice{4, nil}, choice{2, kit{push, macKey}}, choice{1, kit{push, oldKey}}, choice{1, kit{external}}),
		technical: of(choice{34, kit{push, hello}}, choice{26, kit{push}}, choice{12, kit{push, phone, hello}}, choice{12, kit{push, macKey}},
			choice{8, kit{push, securityKey}}, choice{5, kit{push, hello, oldKey}}, choice{3, kit{push, syncedKey}}),
	}
	after = map[work]choices{
		frontline: of(choice{24, kit{attestedKey}}, choice{16, kit{phone, attestedKey}}, choice{18, kit{phone}}, choice{14, nil},
			choice{12, kit{push, appPasskey}}, choice{7, kit{passMany}}, choice{5, kit{push}}, choice{4, kit{passOnce}}),
		office: of(choice{34, kit{push, appPasskey}}, choice{16, kit{push, phone, appPasskey}}, choice{14, kit{push, hello, appPasskey}},
			choice{14, kit{push}}, choice{8, kit{push, hello}}, choice{5, kit{push, securityKey}}, choice{3, kit{push, syncedKey}},
			choice{2, kit{push, oldKey}}, choice{2, nil}, choice{2, kit{passMany}}),
		technical: of(choice{26, kit{push, hello, securityKey}}, choice{24, kit{push, appPasskey}}, choice{20, kit{push, hello, appPasskey}},
			choice{12, kit{push, macKey, securityKey}}, choice{10, kit{push, hello}}, choice{5, kit{push, syncedKey}}, choice{3, kit{push, hello, oldKey}}),
	}
	guestKits = of(choice{62, nil}, choice{30, kit{push}}, choice{8, kit{phone}})
	adminKit  = kit{push, hello, attestedKey}
)

// kit draws what an account has.
func (t *tenant) kit(a *account) kit {
	x := t.draw(ofKit, uint64(a.n))
	var from choices
	switch {
	case a.n == 0:
		return kit{attestedKey}
	case a.n == 3:
		return adminKit
	case a.role == guest:
		from = guestKits
	case !a.person():
		return nil
	case a.wave < 2 && a.role == employee:
		from = after[a.department.work]
	default:
		from = before[a.department.work]
	}
	return from.kits[from.picks.pick(x)].kit
}

// any tells whether one of the words is of a kind.
func (k kit) any(of func(word) bool) bool { return slices.ContainsFunc(k, of) }

func (k kit) has(w word) bool { return slices.Contains(k, w) }
