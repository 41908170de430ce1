// Package sarif renders an audit as SARIF 2.1.0 (OASIS, 2020-03-27), for code scanning
// and dashboards: checks are rules, findings are results.
package sarif

import (
	"io"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// FingerprintName is the key of a finding's fingerprint among a result's
// partialFingerprints.
const FingerprintName = "passkeyaudit/v1"

// Sink writes when the run ends.
type Sink struct {
	report.Gather
	w      io.Writer
	sample int
}

// New writes to w; sample is how many members of each population are named, or
// report.AllMembers.
func New(w io.Writer, sample int) *Sink { return &Sink{w: w, sample: sample} }

// End implements audit.Sink.
func (s *Sink) End() error {
	run := sarif.NewRun()
	run.ColumnKind = ptr("unicodeCodePoints")
	run.Tool = sarif.NewTool()
	run.Tool.Driver = sarif.NewToolComponent().WithName(s.Header.Tool.Name).WithVersion(s.Header.Tool.Version)
	index := map[string]int{}
	for i, r := range s.Results {
		index[r.Check.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, ruleOf(r))
	}
	run.Invocations = []*sarif.Invocation{s.invocation()}
	for _, list := range [][]audit.Finding{s.Findings, s.Accepted} {
		for _, f := range list {
			run.Results = append(run.Results, s.resultOf(f, index[f.Check.ID]))
		}
	}
	run.Properties = bag(map[string]any{
		"tenant": report.Plain(s.Header.Tenant.ID), "snapshotDigest": s.Header.Digest, "takenAt": report.UTC(s.Header.TakenAt),
	})
	out := sarif.NewReport().AddRun(run)
	if err := out.PrettyWrite(s.w); err != nil {
		return err
	}
	_, err := io.WriteString(s.w, "\n")
	return err
}

// invocation tells of the checks that could not be judged: a result has to be found,
// and of them there is none.
func (s *Sink) invocation() *sarif.Invocation {
	inv := sarif.NewInvocation()
	inv.ExecutionSuccessful = ptr(true)
	for i, r := range s.Results {
		if r.Outcome != audit.Unknown {
			continue
		}
		n := sarif.NewNotification()
		n.Level = "warning"
		n.Message = sarif.NewMessage().WithText(report.Plain(r.Check.ID + " could not be judged. " + r.Reason))
		n.AssociatedRule = sarif.NewReportingDescriptorReference().WithID(r.Check.ID).WithIndex(i)
		inv.ToolExecutionNotifications = append(inv.ToolExecutionNotifications, n)
	}
	return inv
}

func ruleOf(r audit.CheckResult) *sarif.ReportingDescriptor {
	doc := r.Check.Doc
	rule := sarif.NewReportingDescriptor().WithID(r.Check.ID).WithName(r.Check.Slug)
	rule.ShortDescription = text(doc.Title)
	if doc.Why != "" {
		rule.FullDescription = text(doc.Why)
	}
	var help strings.Builder
	for _, part := range []struct{ head, body string }{{"Risk", doc.Risk}, {"Fix", doc.Fix}, {"Verify", doc.Verify}} {
		if part.body != "" {
			help.WriteString("## " + part.head + "\n\n" + part.body + "\n\n")
		}
	}
	if len(doc.References) > 0 {
		help.WriteString("## References\n\n")
		for _, ref := range doc.References {
			help.WriteString("- " + ref.String() + "\n")
		}
	}
	if help.Len() > 0 {
		rule.Help = text(strings.TrimSpace(help.String()))
		rule.Help.Markdown = rule.Help.Text
	}
	rule.DefaultConfiguration = sarif.NewReportingConfiguration().WithLevel(level(r.Check.Severity))
	family, _ := r.Check.Family()
	rule.Properties = bag(map[string]any{"security-severity": score(r.Check.Severity), "problem": r.Check.Problem})
	rule.Properties.Tags = []string{"security", "passkeys", family}
	return rule
}

func (s *Sink) resultOf(f audit.Finding, rule int) *sarif.Result {
	r := sarif.NewResult()
	r.RuleID, r.RuleIndex = ptr(f.Check.ID), rule
	r.Level = level(f.Severity)
	message := report.Plain(f.Message)
	if note := report.Caveat(f); note != "" {
		message += " (" + note + ")"
	}
	for _, step := range f.Fix {
		message += "\n→ " + report.Plain(step.Change)
		if effect := report.Effect(step); effect != "" {
			message += " (" + effect + ")"
		}
	}
	r.Message = sarif.NewMessage().WithText(message)
	r.PartialFingerprints = map[string]string{FingerprintName: f.Fingerprint()}
	r.Locations = []*sarif.Location{subjectOf(f)}
	for _, e := range f.Evidence {
		at := location(string(e.Section))
		at.LogicalLocations = []*sarif.LogicalLocation{logical(string(e.Section)+"/"+e.Object+e.Pointer, e.Object, "member")}
		at.Message = sarif.NewMessage().WithText(report.Stands(e) + ": " + report.Plain(e.Means))
		at.ID = len(r.RelatedLocations) + 1
		r.RelatedLocations = append(r.RelatedLocations, at)
	}
	users := []map[string]string{}
	for m := range f.Affected.Members() {
		if len(users) == s.sample {
			break
		}
		users = append(users, map[string]string{"id": report.Plain(m.ID), "userPrincipalName": report.Plain(m.UserPrincipalName)})
	}
	r.Properties = bag(map[string]any{
		"severity": f.Severity.String(), "certainty": f.Certainty.String(), "tentative": f.Tentative, "affected": f.Affected.Count(),
		"affectedUsers": users, "security-severity": score(f.Severity),
	})
	if f.Accepted != nil {
		sup := sarif.NewSuppression()
		sup.Kind, sup.Status = ptr("external"), ptr("accepted")
		sup.Justification = ptr(report.Plain(f.Accepted.Reason))
		r.Suppressions = []*sarif.Suppression{sup}
	}
	return r
}

// subjectOf places a finding: the object it is about, and the section with the first
// evidence as the file that code scanning asks for.
func subjectOf(f audit.Finding) *sarif.Location {
	section := "manifest"
	if len(f.Evidence) > 0 {
		section = string(f.Evidence[0].Section)
	}
	at := location(section)
	at.LogicalLocations = []*sarif.LogicalLocation{logical(string(f.Subject.Type)+"/"+f.Subject.ID, f.Subject.Name, string(f.Subject.Type))}
	return at
}

func location(section string) *sarif.Location {
	at := sarif.NewLocation()
	at.PhysicalLocation = sarif.NewPhysicalLocation()
	at.PhysicalLocation.ArtifactLocation = sarif.NewArtifactLocation().WithURI("sections/" + section)
	at.PhysicalLocation.Region = sarif.NewRegion().WithStartLine(1)
	return at
}

func logical(qualified, name, kind string) *sarif.LogicalLocation {
	l := sarif.NewLogicalLocation()
	l.FullyQualifiedName, l.Kind = ptr(report.Plain(qualified)), ptr(kind)
	if name != "" {
		l.Name = ptr(report.Plain(name))
	}
	return l
}

// level is the nearest of SARIF's.
func level(s audit.Severity) string {
	switch s {
	case audit.Critical, audit.High:
		return "error"
	case audit.Medium:
		return "warning"
	default:
		return "note"
	}
}

// score is the middle of the range that GitHub takes for a severity; below low there
// is none.
func score(s audit.Severity) string {
	switch s {
	case audit.Critical:
		return "9.5"
	case audit.High:
		return "8.0"
	case audit.Medium:
		return "5.5"
	case audit.Low:
		return "2.0"
	default:
		return "0.0"
	}
}

func text(t string) *sarif.MultiformatMessageString {
	m := sarif.NewMultiformatMessageString()
	m.Text = ptr(t)
	return m
}

func bag(values map[string]any) *sarif.PropertyBag {
	b := sarif.NewPropertyBag()
	for k, v := range values {
		b.Properties[k] = v
	}
	return b
}

func ptr[T any](v T) *T { return &v }
