package bootstrap

import (
	"context"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/devices"
)

// PlatformVerdict is where people stand on one system that they are seen on: whether
// a passkey works there, or how they come to one.
type PlatformVerdict struct {
	OS    devices.OS
	State State
	// Credential is the kind of the passkey that works, or of the one to be registered.
	Credential CredentialKind
}

// Platforms judges every system that people are seen on by itself; parallel to
// Classes, nil for classes out of scope.
func (r *Result) Platforms(ctx context.Context) ([][]PlatformVerdict, error) {
	list := make([][]PlatformVerdict, len(r.Classes))
	err := r.each(ctx, len(r.Classes), func(b *bench, i int) {
		c := &r.Classes[i]
		if c.Verdict.State == OutOfScope {
			return
		}
		for _, os := range devices.Systems {
			if c.person.systems[os] {
				list[i] = append(list[i], b.platform(c.person, os))
			}
		}
	})
	return list, err
}

// platform judges a person as if signing in on one system only. Off Windows, a passkey
// of Windows Hello is none.
func (b *bench) platform(p *person, os devices.OS) PlatformVerdict {
	q := *p
	q.systems, q.oneSystem = map[devices.OS]bool{os: true}, true
	b.portable = os != devices.Windows
	defer func() { b.portable = false }()
	v := PlatformVerdict{OS: os, State: Unknown}
	if b.m.method.value == audit.Unsure || !q.inScope(harsh) {
		return v
	}
	bad := b.judge(&q, harsh)
	if (b.m.uncertain || b.hazy(&q)) && b.judge(&q, kind).state != bad.state {
		return v
	}
	v.State = bad.state
	switch {
	case bad.way != nil:
		v.Credential = bad.way.credential.kind
	case bad.state == HasPasskey:
		v.Credential = b.m.kindOfHeld(*b.works(&q, harsh))
	}
	return v
}
