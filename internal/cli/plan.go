package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"passkeyaudit/audit/report"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
)

// planRun says what a collection would send, instead of sending it.
func planRun(ctx context.Context, d *Deps, o collectOptions, opts collect.Options) error {
	var client *graphclient.Client
	if o.Accounts < 0 {
		p := newProgress(d.IO, o.Quiet)
		var err error
		if client, err = o.connect(ctx, d, p); err != nil {
			return err
		}
		defer p.done()
	}
	e, err := collect.EstimateRun(ctx, client, opts, o.Accounts)
	if err != nil {
		return err
	}
	plan := estimate{e}
	return writeResult(d, "", func(w io.Writer) error {
		if o.Format == "json" {
			return writeIndented(w, plan.shape())
		}
		return plan.text(w, d.IO.Width)
	})
}

type estimate struct{ *collect.Estimate }

func (e estimate) text(w io.Writer, width int) error {
	var b strings.Builder
	width = min(max(width, 60), 110)
	switch {
	case e.Accounts < 0:
		b.WriteString("How many accounts there are may not be asked, so numbers that hang on it are the least.\n\n")
	default:
		fmt.Fprintf(&b, "For %s accounts:\n\n", thousands(e.Accounts))
	}
	column := 0
	for _, s := range e.Sections {
		column = max(column, len(s.Section.ID))
	}
	fmt.Fprintf(&b, "%-*s  %-14s  %s\n", column, "section", "requests", "because")
	for _, s := range e.Sections {
		fmt.Fprintf(&b, "%-*s  %-14s  %s\n", column, s.Section.ID, requestRange(s.Requests, s.Most), s.Why)
	}
	fmt.Fprintf(&b, "\n%-20s  %-22s  %-16s  %s\n", "limit of Graph", "allows", "requests", "at least")
	for _, l := range e.Buckets {
		fmt.Fprintf(&b, "%-20s  %-22s  %-16s  %s\n", l.Limit.Bucket, allows(l.Limit), thousands(l.Requests), duration(l.Time))
	}
	fmt.Fprintf(&b, "\nGraph's limits allow this in %s. Pages come one after another, so count about a second for each request as well.\n\n", duration(e.Time))
	b.WriteString("Permissions for an app by itself:\n")
	var names []string
	for _, g := range e.grants() {
		names = append(names, g.Name)
	}
	for _, line := range report.Wrap(strings.Join(names, ", "), width-2) {
		b.WriteString("  " + line + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (e estimate) grants() []collect.Grant {
	var sections []collect.Section
	for _, s := range e.Sections {
		sections = append(sections, s.Section)
	}
	return collect.Least(sections, false)
}

// allows is a limit in words.
func allows(l graphclient.Limit) string {
	what := "requests"
	if l.Bucket == graphclient.BucketDirectory {
		what = "units"
	}
	if l.Units == 1 {
		what = strings.TrimSuffix(what, "s")
	}
	return fmt.Sprintf("%s %s in %s", thousands(l.Units), what, l.Per)
}

// requestRange is from how many to how many requests are sent.
func requestRange(least, most int) string {
	switch most {
	case least:
		return thousands(least)
	case 0:
		return thousands(least) + " or more"
	}
	return thousands(least) + " to " + thousands(most)
}

// duration is a length of time for people.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return "no time"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()+0.5))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// thousands writes a number with its thousands apart.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// planSchema is the value of "schema" in the JSON form.
const planSchema = "passkeyaudit.plan/v1"

type planShape struct {
	Schema      string             `json:"schema"`
	Accounts    *int               `json:"accounts,omitzero"` // absent: not known
	Devices     *int               `json:"devices,omitzero"`
	Sections    []planSectionShape `json:"sections"`
	Limits      []planLimitShape   `json:"limits"`
	Seconds     int                `json:"seconds"` // that the limits allow at least
	Permissions []string           `json:"permissions"`
}

type planSectionShape struct {
	Section  string   `json:"section"`
	Limit    string   `json:"limit"`
	Requests int      `json:"requests"`
	Most     *int     `json:"mostRequests,omitzero"` // absent: no bound is known
	Units    int      `json:"units"`
	Why      string   `json:"why"`
	Asks     []string `json:"asks"`
	Needs    []string `json:"needs"`
}

type planLimitShape struct {
	Limit    string `json:"limit"`
	Units    int    `json:"units"`
	Per      int    `json:"perSeconds"`
	Source   string `json:"source"`
	Requests int    `json:"requests"`
	Charged  int    `json:"chargedUnits"`
	Seconds  int    `json:"seconds"`
}

func (e estimate) shape() planShape {
	out := planShape{Schema: planSchema, Seconds: int(e.Time.Seconds())}
	if e.Accounts >= 0 {
		out.Accounts = &e.Accounts
	}
	if e.Devices >= 0 {
		out.Devices = &e.Devices
	}
	for _, s := range e.Sections {
		shape := planSectionShape{Section: string(s.Section.ID), Limit: string(s.Section.Bucket), Requests: s.Requests, Units: s.Units, Why: s.Why,
			Asks: s.Section.Requests, Needs: s.Section.Needs()}
		if s.Most > 0 {
			shape.Most = &s.Most
		}
		out.Sections = append(out.Sections, shape)
	}
	for _, l := range e.Buckets {
		out.Limits = append(out.Limits, planLimitShape{string(l.Limit.Bucket), l.Limit.Units, int(l.Limit.Per.Seconds()), l.Limit.Source, l.Requests, l.Units, int(l.Time.Seconds())})
	}
	for _, g := range e.grants() {
		out.Permissions = append(out.Permissions, g.Name)
	}
	return out
}
