package tenantgen

import (
	"fmt"
	"slices"
)

// Version is raised whenever the same shape gives another tenant.
const Version = 1

// Shape says what tenant to make. Equal shapes give equal tenants.
type Shape struct {
	Seed     uint64
	Users    int // accounts of every kind
	Policies int // Conditional Access policies
	Groups   int // groups that policies, roles or methods name
	// EverybodyAsked lists the methods of every account. Otherwise, as when
	// collecting from a tenant of more than a thousand, only accounts with a passkey
	// or a pass in the registration report are asked, and some that it leaves out.
	EverybodyAsked bool
	SignIns        int // events; 0: the section is not collected
	Audits         int // events; 0: the section is not collected
	// Plain writes readable files instead of compressed segments.
	Plain bool
}

// The bounds of a shape.
const (
	minUsers, maxUsers       = 10, 20_000_000
	minPolicies, maxPolicies = 4, 64
	minGroups                = 6
	askEverybody             = 1000 // see collect.everyone
)

// presets are the named shapes, smallest first.
var presets = []struct {
	name  string
	shape Shape
}{
	{"tiny", Shape{Users: 10, Policies: 4, Groups: minGroups, SignIns: 40, Audits: 20, Plain: true}},
	{"small", Shape{Users: 1000, Policies: 12, Groups: 14, SignIns: 5000, Audits: 500}},
	{"medium", Shape{Users: 100_000, Policies: 32, Groups: 24}},
	{"large", Shape{Users: 1_000_000, Policies: 64, Groups: 30}},
}

// Presets names the shapes that Preset knows, smallest first.
func Presets() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}

// Preset gives a named shape, with seed 1.
func Preset(name string) (Shape, error) {
	for _, p := range presets {
		if p.name == name {
			p.shape.Seed = 1
			return p.shape, nil
		}
	}
	return Shape{}, fmt.Errorf("there is no shape %q; the shapes are %v", name, Presets())
}

// ForUsers gives the shape of a tenant of any size: that of the smallest preset
// with as many accounts, or of the largest, without logs.
func ForUsers(users int) Shape {
	i := slices.IndexFunc(presets, func(p struct {
		name  string
		shape Shape
	}) bool {
		return p.shape.Users >= users
	})
	if i < 0 {
		i = len(presets) - 1
	}
	s := presets[i].shape
	s.Seed, s.Users, s.SignIns, s.Audits = 1, users, 0, 0
	return s
}

func (s Shape) validate() error {
	between := func(what string, n, low, high int) error {
		if n < low || n > high {
			return fmt.Errorf("%d %s: there must be %d to %d", n, what, low, high)
		}
		return nil
	}
	for _, err := range []error{
		between("users", s.Users, minUsers, maxUsers),
		between("policies", s.Policies, minPolicies, maxPolicies),
		between("groups", s.Groups, minGroups, len(groupSpecs)),
		between("sign-ins", s.SignIns, 0, 1_000_000_000),
		between("audits", s.Audits, 0, 1_000_000_000),
	} {
		if err != nil {
			return fmt.Errorf("shape of the tenant: %w", err)
		}
	}
	return nil
}
