package bootstrap

import (
	"slices"
	"testing"

	"passkeyaudit/audit"
)

// A lane leads where it is said to: to be put into the group, or to have a compliant
// computer, opens the rest of the way.
func TestLanesLeadWhereTheySay(t *testing.T) {
	try(t, func(t trial) {
		n := drawTenant(t.T)
		settings := audit.Settings{BootstrapGroups: []string{dice{t.T}.group()}, Lanes: audit.Lanes{EnrolDevice: true, Provisioning: dice{t.T}.one(3)}}
		r := t.result(t.given(n, settings), Options{Lanes: Lanes{EnrolDevice: true}})
		for i := range r.Classes {
			c := &r.Classes[i]
			who, v := first(c.Members), c.Verdict
			if wrong := r.broken(who); wrong != "" {
				t.Fatalf("%s: %s\n%+v\n%s", account(r, who), wrong, brief(v), n.text())
			}
			m := n.clone()
			rest := slices.Clone(v.Steps)
			done := func(step Step) bool {
				j := slices.Index(rest, step)
				if j >= 0 {
					rest = slices.Delete(rest, j, j+1)
				}
				return j >= 0
			}
			added, enrolled := done(AddToGroup), done(EnrolDevice)
			if added {
				m.add("groupMembers", object{"groupId": v.Group, "transitive": false, "userIds": []string{account(r, who)}})
			}
			if enrolled {
				m.add("devices", object{"id": "enrolled", "deviceId": "enrolled", "accountEnabled": true, "operatingSystem": "Windows", "operatingSystemVersion": "10.0.26100.1",
					"trustType": "AzureAd", "isCompliant": true, "registeredOwners": []object{{"id": account(r, who)}}})
			}
			if !added && !enrolled {
				continue
			}
			after := t.judge(m, Options{}).Of(who)
			// Once the computer is there, a way alone may open that hangs on what is not known.
			open := after.State == SelfService || after.State == NeedsAdminStep || enrolled && after.State == Unknown
			if !open || added && !enrolled && !slices.Equal(after.Steps, rest) {
				t.Fatalf("%s: after %v comes %s %v\n%s", account(r, who), v.Steps, after.State, after.Steps, n.text())
			}
		}
	})
}

// Without lanes in the configuration nobody is led through one.
func TestNoLaneUnlessConfigured(t *testing.T) {
	try(t, func(t trial) {
		n := drawTornTenant(t.T)
		r := t.judge(n, t.goal())
		if r == nil {
			return
		}
		for who := range r.Directory.All.All() {
			v := r.Of(who)
			for _, step := range []Step{ProvisionKey, AddToGroup, EnrolDevice} {
				if slices.Contains(v.Steps, step) || len(v.Alternatives) > 0 || v.Group != "" {
					t.Fatalf("%s is led through a lane that is not there: %+v", account(r, who), brief(v))
				}
			}
		}
	})
}
