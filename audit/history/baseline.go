package history

import (
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/runner"
)

// Measure holds a run against an earlier one, the baseline. It marks the findings that
// count and did not count there as new, and lists what counted there and is gone. A
// finding that was accepted in the baseline, or tentative, counted nowhere there: once
// the acceptance has ended it is new.
func Measure(h audit.Header, r *runner.Results, baseline *Run) (*audit.Baseline, error) {
	if !strings.EqualFold(h.Tenant.ID, baseline.Tenant.ID) {
		return nil, fmt.Errorf("the baseline is of tenant %s, the run of %s", baseline.Tenant.ID, h.Tenant.ID)
	}
	counted := map[string]bool{}
	for i := range baseline.Findings {
		if f := &baseline.Findings[i]; f.Counts() {
			counted[f.Fingerprint] = true
		}
	}
	out := &audit.Baseline{TakenAt: baseline.TakenAt, Digest: baseline.Digest, New: map[audit.Severity]int{}}
	now := map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		now[f.Fingerprint()] = true
		if f.New = !f.Tentative && f.Accepted == nil && !counted[f.Fingerprint()]; f.New {
			out.New[f.Severity]++
		}
	}
	after := Of(h, r, false)
	for i := range baseline.Findings {
		f := &baseline.Findings[i]
		if !f.Counts() || now[f.Fingerprint] {
			continue
		}
		past := audit.Past{Check: f.Check, Slug: f.Slug, Severity: f.Severity, Fingerprint: f.Fingerprint, Message: f.Message, Subject: f.Subject}
		if after.judged(f.Check) {
			out.Fixed = append(out.Fixed, past)
		} else {
			out.Unsettled = append(out.Unsettled, past)
		}
	}
	out.Caveats = caveats(baseline, after)
	return out, nil
}

// judged tells whether a check of a run came to an end that settles what is not there.
func (r *Run) judged(check string) bool {
	for i := range r.Checks {
		if r.Checks[i].ID == check {
			return r.Checks[i].settled()
		}
	}
	return false
}

// caveats say what else than the tenant differs between two runs.
func caveats(before, after *Run) []string {
	list := []string{}
	if entra.TimeOf(before.TakenAt).After(entra.TimeOf(after.TakenAt)) {
		list = append(list, "the earlier run is of a later snapshot: "+before.TakenAt+" is after "+after.TakenAt)
	}
	if before.Settings != after.Settings {
		list = append(list, "they were judged by different settings")
	}
	if before.Tool.Version != after.Tool.Version {
		list = append(list, fmt.Sprintf("they were judged by versions %s and %s of the program", before.Tool.Version, after.Tool.Version))
	}
	if fmt.Sprint(before.Scope) != fmt.Sprint(after.Scope) {
		list = append(list, "they do not cover the same part of the tenant")
	}
	if n := before.unjudgedOf(after); n > 0 {
		list = append(list, audit.CountPhrase(n, "check", "checks")+" of the later run had not been judged to the end in the earlier one: what they find may be older")
	}
	return list
}

// unjudgedOf counts checks of another run that found something and that were not
// judged to the end in this one.
func (r *Run) unjudgedOf(other *Run) int {
	n := 0
	for i := range other.Checks {
		if c := &other.Checks[i]; c.Outcome == audit.Failed.String() && !r.judged(c.ID) {
			n++
		}
	}
	return n
}
