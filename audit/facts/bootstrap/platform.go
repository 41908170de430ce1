package bootstrap

import (
	"context"

	"passkeyaudit/audit/facts/devices"
)

// PlatformVerdict is where somebody stands on the devices of one operating system
// alone.
type PlatformVerdict struct {
	OS         devices.OS
	State      State
	Credential CredentialKind // of the way; empty without one
}

// Platforms are where people stand on each operating system that they have a device
// of; parallel to Classes.
func (r *Result) Platforms(ctx context.Context) ([][]PlatformVerdict, error) {
	list := make([][]PlatformVerdict, len(r.Classes))
	err := r.each(ctx, len(r.Classes), func(b *bench, i int) {
		c := &r.Classes[i]
		for _, os := range devices.Systems {
			if c.Verdict.State == OutOfScope || !c.person.systems[os] {
				continue
			}
			v := PlatformVerdict{OS: os}
			bad := b.judge(c.person.on(os), harsh)
			if v.State = bad.state; b.m.uncertain || b.hazy(c.person) {
				if b.judge(c.person.on(os), kind).state != bad.state {
					v.State = Unknown
				}
			}
			if bad.way != nil && v.State != Unknown {
				v.Credential = bad.way.credential.kind
			}
			list[i] = append(list[i], v)
		}
	})
	return list, err
}

// on is the person with the devices of one system alone.
func (p *person) on(os devices.OS) *person {
	q := *p
	q.systems = map[devices.OS]bool{os: true}
	q.compliant = map[devices.OS]bool{os: p.compliant[os]}
	q.phoneOnly = os.Phone()
	if os != devices.Windows {
		q.hybrid, q.joined = false, false
	}
	return &q
}
