// Package danglingtarget finds targets of the passkey method that reach nobody
// because their group is gone or empty.
package danglingtarget

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-SCOPE-004.
var Check = &audit.Check{
	ID:       "PK-SCOPE-004",
	Slug:     "dangling-target",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		// Only a group that is certainly gone, or certainly empty, is reported.
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
	},
	Facts: []audit.AnyFact{population.Users, population.Groups, methods.Policy},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, err := audit.Get(ctx, p, methods.Policy)
	if err != nil {
		return err
	}
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	groups, err := audit.Get(ctx, p, population.Groups)
	if err != nil {
		return err
	}
	passkeys, err := policy.Fido2()
	if err != nil {
		return err
	}
	judge := func(targets []methods.Target, list, reaches string) {
		for _, t := range targets {
			f := audit.Finding{
				Subject:  audit.Subject{Type: audit.SubjectGroup, ID: t.ID},
				Evidence: []audit.Evidence{policy.Quote(t.Pointer+"/id", "an "+list+" target of the passkey method")},
				Blockers: []string{list},
			}
			fix := "Remove the " + list + " target, or put the group that was meant in its place."
			switch {
			case t.Group == nil && t.Gone == audit.Yes:
				f.Subject.Type = audit.SubjectUser
				f.Message = fmt.Sprintf("An %s target of the passkey method names the user %s, who no longer exists: it %s.", list, t.ID, reaches)
				f.Evidence = append(f.Evidence, audit.Examined(snapshot.Users, dir.All.Count(), "no account has this id"))
			case t.Group == nil:
				continue
			case t.Gone == audit.Yes:
				f.Message = fmt.Sprintf("An %s target of the passkey method names the group %s, which no longer exists: it %s.", list, t.ID, reaches)
				f.Evidence = append(f.Evidence, audit.Examined(snapshot.Groups, groups.GroupRows, "no group has this id"))
			case t.Group.Empty == audit.Yes:
				f.Subject.Name = t.Group.Name
				f.Message = fmt.Sprintf("An %s target of the passkey method names the group %s, which has no members: it %s.", list, t.Group.Label(), reaches)
				f.Evidence = append(f.Evidence, audit.Examined(snapshot.GroupMembers, groups.MemberRows, "no row gives the group a member"))
				fix = "Add members to the group, or remove the " + list + " target."
			case t.Group.Exists == audit.Unsure:
				p.Lacks(snapshot.Groups, audit.Hides, fmt.Sprintf("whether the group %s exists is not known", t.ID))
				continue
			case t.Group.Empty == audit.Unsure && t.Group.Members.Yes.Empty():
				p.Lacks(snapshot.GroupMembers, audit.Hides, fmt.Sprintf("whether the group %s has members is not known", t.ID))
				continue
			default:
				continue
			}
			f.Fix = []audit.Step{audit.Edit(fix, policy.WithoutTarget(t))}
			p.Report(f)
		}
	}
	judge(passkeys.Include, "include", "brings nobody into scope")
	judge(passkeys.Exclude, "exclude", "keeps nobody out")
	return nil
}
