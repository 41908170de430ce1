package conditionalaccess_test

import (
	"testing"

	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
)

// A location that was not read is not one that does not exist.
func TestLocationOfPolicyMissing(t *testing.T) {
	tests := []struct {
		name     string
		complete bool
		want     string
	}{
		{"every location read", true, `there is no named location "gone"`},
		{"locations partly read", false, `the named location "gone" is not among those that could be read`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := entra.ConditionalAccessPolicy{ID: "p1", State: "enabled"}
			p.Conditions = &entra.ConditionalAccessConditions{Locations: &entra.ConditionalAccessLocations{IncludeLocations: []string{"gone"}}}
			set := conditionalaccess.Compile(conditionalaccess.Tenant{
				Policies: []entra.ConditionalAccessPolicy{p}, PoliciesComplete: true, LocationsComplete: tt.complete,
			})
			for _, problem := range set.Problems() {
				if problem.Where == "conditions.locations.includeLocations" && problem.What == tt.want {
					return
				}
			}
			t.Errorf("problems %+v, want %q", set.Problems(), tt.want)
		})
	}
}
