package methods

import (
	"context"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Applied is a profile with the people in scope of the method to whom it applies.
type Applied struct {
	*Profile
	People audit.Partly
}

// AppliedProfiles gets what checks about the rules of profiles need: the policy and
// the profiles that apply to people, or may. A profile that certainly applies to
// nobody is left out: its rules decide about no passkey. Where the method is off, it
// marks the check not applicable and returns no policy without an error; where the
// policy uses profiles that were not read, the error is a *audit.MissingError. The
// caller declares Policy and population.Users.
func AppliedProfiles(ctx context.Context, p *audit.Pass) (*Effective, *population.Directory, []Applied, error) {
	policy, dir, err := EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return nil, nil, nil, err
	}
	if policy.Passkeys.Mode == ProfilesUnread {
		return nil, nil, nil, &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy,
			What: "the Fido2 configuration uses passkey profiles, which were not read"}
	}
	scope := policy.Passkeys.InScope().Within(dir.People)
	var applied []Applied
	for i := range policy.Passkeys.Profiles {
		pr := &policy.Passkeys.Profiles[i]
		if people := pr.Reach.And(scope); !people.Possible().Empty() {
			applied = append(applied, Applied{pr, people})
		}
	}
	return policy, dir, applied, nil
}

// Subject names the profile as the subject of a finding; in legacy mode it is the
// method.
func (a *Applied) Subject(pk *Passkeys) audit.Subject {
	if a.legacy {
		return pk.Subject()
	}
	return audit.Subject{Type: audit.SubjectProfile, ID: a.ID, Name: a.Name}
}

// LacksPeople notes that it is not known whether something applies to some people:
// groups were not read to the end.
func LacksPeople(p *audit.Pass, unsure audit.Set, what string) {
	if !unsure.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides, fmt.Sprintf("whether %s applies to %s is not known", what, audit.PeoplePhrase(unsure.Count())))
	}
}

// LacksRule notes that the rules of a profile say something this program does not
// know.
func LacksRule(p *audit.Pass, a *Applied, what string) {
	p.Lacks(snapshot.AuthenticationMethodsPolicy, audit.Hides, fmt.Sprintf("%s of %s is not told or not known", what, a.Label()))
}

// Inference tells how certain a finding about people of the profile is, with a
// sentence that says why where it is not: for some the profile was inferred.
func (a *Applied) Inference(people audit.Set) (audit.Certainty, string) {
	if a.Inferred.And(people).Empty() {
		return audit.Confirmed, ""
	}
	return audit.Likely, " Some of them are in a target that names no profile; that such a target means the Default profile is not documented."
}

// Barred are the accounts for which every profile that applies admits no AAGUID at
// all, and at least one does apply. Whether they are in scope plays no part.
func (pk *Passkeys) Barred() audit.Partly {
	var barred, admitted audit.Partly
	for i := range pk.Profiles {
		p := &pk.Profiles[i]
		switch p.AAGUIDs().Nothing() {
		case audit.Yes:
			barred = barred.Or(p.Reach)
		case audit.No:
			admitted = admitted.Or(p.Reach)
		default:
			barred = barred.Or(unsure(p.Reach))
			admitted = admitted.Or(unsure(p.Reach))
		}
	}
	return barred.Minus(admitted)
}
