package runner

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// Plan is a validated set of checks in the order of their ids.
type Plan struct{ checks []*audit.Check }

// New plans checks. The error lists everything that is wrong with the set.
func New(checks []*audit.Check) (*Plan, error) {
	if err := audit.Validate(checks); err != nil {
		return nil, err
	}
	sorted := slices.Clone(checks)
	slices.SortFunc(sorted, func(a, b *audit.Check) int { return cmp.Compare(a.ID, b.ID) })
	return &Plan{sorted}, nil
}

// Checks are the planned checks in order.
func (p *Plan) Checks() []*audit.Check { return slices.Clone(p.checks) }

// Sections lists what the plan reads, in the format's order.
func (p *Plan) Sections() []snapshot.SectionID {
	wanted := map[snapshot.SectionID]bool{}
	for _, c := range p.checks {
		for id := range c.AllReads() {
			wanted[id] = true
		}
	}
	var ids []snapshot.SectionID
	for _, spec := range snapshot.Sections() {
		if wanted[spec.ID] {
			ids = append(ids, spec.ID)
		}
	}
	return ids
}

// Options tune a run. The zero value uses every processor.
type Options struct {
	Workers int
	// Event, if set, is called when a check starts and ends, from several
	// goroutines.
	Event func(check *audit.Check, done bool)
}

// Results is a settled run.
type Results struct {
	Checks   []audit.CheckResult
	Findings []audit.Finding
	// AcceptExpired and AcceptUnmatched are the acceptances of the settings that did
	// not do what they were written for.
	AcceptExpired, AcceptUnmatched []audit.Acceptance
}

// Run judges a snapshot. The error is a *snapshot.BrokenError or ctx's; whatever
// else goes wrong inside a check makes that check unknown.
func (p *Plan) Run(ctx context.Context, run *audit.Run, opts Options) (*Results, error) {
	records := make([]audit.Record, len(p.checks))
	skipped := make([]bool, len(p.checks))
	off := make([][]snapshot.SectionID, len(p.checks))
	for i, c := range p.checks {
		off[i] = turnedOff(c, run.Settings())
		gaps, _ := gapsOf(c, run.Snapshot())
		skipped[i] = slices.ContainsFunc(gaps, func(g Missing) bool { return g.Whole && g.Gap == audit.Either })
	}
	workers := opts.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	queue := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range queue {
				if opts.Event != nil {
					opts.Event(p.checks[i], false)
				}
				records[i] = run.Execute(ctx, p.checks[i])
				if opts.Event != nil {
					opts.Event(p.checks[i], true)
				}
			}
		})
	}
	for i := range p.checks {
		if !skipped[i] && len(off[i]) == 0 {
			queue <- i
		}
	}
	close(queue)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, rec := range records {
		var broken *snapshot.BrokenError
		if errors.As(rec.Err, &broken) {
			return nil, broken
		}
	}
	var out Results
	for i, c := range p.checks {
		severity := run.Settings().Severity[c.ID]
		if len(off[i]) > 0 {
			out.Checks = append(out.Checks, notSelected(c, off[i], cmp.Or(severity, c.Severity)))
			continue
		}
		result, findings := settle(c, run.Snapshot(), records[i], skipped[i], severity)
		out.Checks = append(out.Checks, result)
		out.Findings = append(out.Findings, findings...)
	}
	out.accept(run.Settings().Accept, run.Snapshot().TakenAt())
	return &out, nil
}

// settle ends one check. A severity, unless it is zero, replaces that of the check
// and of its findings.
func settle(c *audit.Check, snap *snapshot.Snapshot, rec audit.Record, skipped bool, severity audit.Severity) (audit.CheckResult, []audit.Finding) {
	gaps, featureAbsent := gapsOf(c, snap)
	result := audit.CheckResult{Check: c, Severity: cmp.Or(severity, c.Severity)}
	var missing *audit.MissingError
	switch {
	case skipped:
		gaps = slices.DeleteFunc(gaps, func(g Missing) bool { return !g.Whole || g.Gap != audit.Either })
		result.Reason, result.Missing = phrase(gaps), sectionsOf(gaps)
		return result, nil
	case errors.As(rec.Err, &missing):
		result.Missing = []snapshot.SectionID{missing.Section}
		result.Reason = missing.Error()
		return result, nil
	case rec.Err != nil:
		result.Reason = "the check ended with an error: " + rec.Err.Error()
		return result, nil
	case rec.NotApplicable != "" && len(rec.Findings) == 0:
		result.Outcome, result.Reason = audit.NotApplicable, rec.NotApplicable
		return result, nil
	}
	for _, l := range rec.Lacks {
		gaps = append(gaps, Missing{Section: l.Section, Gap: l.Gap, Why: l.What})
	}
	v := Settle(len(rec.Findings), gaps)
	if featureAbsent && v.Outcome == audit.Passed {
		v.Outcome = audit.NotApplicable
		result.Reason = "the tenant has no licence for the feature"
	}
	result.Outcome = v.Outcome
	if len(v.Because) > 0 {
		result.Reason, result.Missing = phrase(v.Because), sectionsOf(v.Because)
	}
	if !v.Keep {
		return result, nil
	}
	findings := slices.Clone(rec.Findings)
	for i := range findings {
		f := &findings[i]
		f.Check = c
		f.Severity = cmp.Or(severity, f.Severity, c.Severity)
		f.Certainty = cmp.Or(f.Certainty, audit.Confirmed)
		f.Tentative = v.Tentative
		f.Affected.AtLeast = v.AtLeast && f.Affected.Unit() != ""
	}
	slices.SortStableFunc(findings, func(a, b audit.Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Subject.Type, b.Subject.Type),
			cmp.Compare(a.Subject.ID, b.Subject.ID),
			cmp.Compare(a.Fingerprint(), b.Fingerprint()))
	})
	result.Findings = len(findings)
	return result, findings
}

// Count fills the parts of a summary that come from checks and findings.
func (r *Results) Count() audit.Summary {
	s := audit.Summary{Findings: map[audit.Severity]int{}, Checks: map[audit.Outcome]int{}}
	for _, f := range r.Findings {
		switch {
		case f.Tentative:
		case f.Accepted != nil:
			s.Accepted++
		default:
			s.Findings[f.Severity]++
		}
	}
	for _, c := range r.Checks {
		s.Checks[c.Outcome]++
	}
	return s
}

// Emit sends a settled run to a sink. h.Summary is completed from the results.
func (r *Results) Emit(h audit.Header, sink audit.Sink) error {
	counts := r.Count()
	h.Summary.Findings, h.Summary.Accepted, h.Summary.Checks = counts.Findings, counts.Accepted, counts.Checks
	h.Settings.AcceptExpired, h.Settings.AcceptUnmatched = r.AcceptExpired, r.AcceptUnmatched
	if err := sink.Begin(h); err != nil {
		return err
	}
	for _, c := range r.Checks {
		if err := sink.Result(c); err != nil {
			return err
		}
	}
	for _, f := range r.Findings {
		if err := sink.Finding(f); err != nil {
			return err
		}
	}
	return sink.End()
}
