// Package policysizebudget finds a passkey policy that comes near its size limit, or
// has very many target groups.
package policysizebudget

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-SCOPE-007.
var Check = &audit.Check{
	ID:       "PK-SCOPE-007",
	Slug:     "policy-size-budget",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Low,
	Reads: []audit.Read{
		// The policy alone is measured; whom its targets reach plays no part.
		{Section: snapshot.Users, Gap: audit.Refines},
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{methods.Policy},
	Run:   run,
}

const (
	// sizeLimit and sizeWarning are in bytes. The limit is 20 KB (PF, 2026-03-08).
	sizeLimit   = 20 << 10
	sizeWarning = 16 << 10
	// manyGroups is our own bound; MAN (2025-03-04) says that many target groups can
	// make registration fail, and gives no number.
	manyGroups = 10
)

func run(ctx context.Context, p *audit.Pass) error {
	policy, err := audit.Get(ctx, p, methods.Policy)
	if err != nil {
		return err
	}
	passkeys := policy.Passkeys
	if passkeys == nil {
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy, What: "the policy has no Fido2 configuration"}
	}
	entry, found := entra.Lookup(policy.Raw, passkeys.Pointer)
	if !found {
		return fmt.Errorf("looking up the Fido2 configuration: nothing at %s", passkeys.Pointer)
	}
	own, err := storedSize(entry)
	if err != nil {
		return fmt.Errorf("measuring the Fido2 configuration: %w", err)
	}
	whole, err := storedSize(policy.Raw)
	if err != nil {
		return fmt.Errorf("measuring the methods policy: %w", err)
	}
	f := audit.Finding{
		Blockers: []string{"size"},
		Fix: []audit.Step{audit.Decide("Make room before the next change: drop AAGUIDs of models that nobody owns, merge profiles that say " +
			"the same, and replace several target groups by one.")},
	}
	switch {
	case own > sizeWarning:
		f.Certainty, f.Subject = audit.Likely, passkeys.Subject()
		f.Message = fmt.Sprintf("The Passkey (FIDO2) policy takes about %s of JSON; the limit is %s, and a change that passes it is refused. "+
			"Measured is the Passkey (FIDO2) entry alone, to which the newest documentation scopes the limit (PF, 2026-03-08); how Entra stores and counts it is not documented.",
			kilobytes(own), kilobytes(sizeLimit))
		f.Evidence = []audit.Evidence{policy.Quote(passkeys.Pointer+"/id", "the entry takes about "+kilobytes(own)+" as compact JSON, annotations left out")}
	case whole > sizeWarning:
		f.Certainty = audit.Possible
		f.Subject = audit.Subject{Type: audit.SubjectPolicy, ID: policy.Value.ID, Name: "Authentication methods policy"}
		f.Message = fmt.Sprintf("The authentication methods policy takes about %s of JSON, its Passkey (FIDO2) entry %s. Older documentation scopes the limit of %s to the whole policy, "+
			"the newest to that entry (PF, 2026-03-08). Measured is the whole policy; how Entra stores and counts it is not documented.",
			kilobytes(whole), kilobytes(own), kilobytes(sizeLimit))
		f.Evidence = []audit.Evidence{policy.Quote("/id", "the policy takes about "+kilobytes(whole)+" as compact JSON, annotations left out")}
	}
	if f.Message != "" {
		p.Report(f)
	}
	reportGroups(p, policy)
	return nil
}

// reportGroups reports very many target groups, include and exclude together. Of
// their ids it quotes as many as prove it.
func reportGroups(p *audit.Pass, policy *methods.Effective) {
	passkeys := policy.Passkeys
	groups := map[string]bool{}
	var evidence []audit.Evidence
	count := func(targets []methods.Target, means string) {
		for _, t := range targets {
			if key := strings.ToLower(t.ID); t.Group != nil && !groups[key] {
				groups[key] = true
				if len(evidence) <= manyGroups {
					evidence = append(evidence, policy.Quote(t.Pointer+"/id", means))
				}
			}
		}
	}
	count(passkeys.Include, "an include target")
	count(passkeys.Exclude, "an exclude target")
	if len(groups) <= manyGroups {
		return
	}
	p.Report(audit.Finding{
		Certainty: audit.Likely,
		Message: fmt.Sprintf("The passkey method has %d target groups. Many target groups can make registration itself fail, and Microsoft advises to consolidate them (MAN, 2025-03-04); "+
			"from how many on is not documented, this program warns above %d.", len(groups), manyGroups),
		Subject:  passkeys.Subject(),
		Evidence: evidence,
		Blockers: []string{"targetGroups"},
		Fix:      []audit.Step{audit.Decide("Put the groups that get the same profiles into one group, and target that.")},
	})
}

func kilobytes(n int) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/1024), ".0") + " KB"
}

// storedSize estimates how large an object is as stored: its JSON without
// whitespace, and without annotations and actions, which Graph adds to answers.
func storedSize(raw entra.Raw) (int, error) {
	var v any
	if err := entra.Decode(raw, &v); err != nil {
		return 0, err
	}
	compact, err := entra.Encode(withoutAnnotations(v))
	return len(compact), err
}

func withoutAnnotations(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if strings.Contains(name, "@odata.") && name != "@odata.type" || strings.HasPrefix(name, "#") {
				delete(v, name)
				continue
			}
			v[name] = withoutAnnotations(member)
		}
	case []any:
		for i := range v {
			v[i] = withoutAnnotations(v[i])
		}
	}
	return v
}
