package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// ReasonUnauthenticated is the reason of sections that were not read because
// Graph no longer took the token.
const ReasonUnauthenticated = "unauthenticated"

// ReasonNotAsked is the reason of sections that a run was not to read.
const ReasonNotAsked = "not asked for"

// fatalError ends a run: the snapshot cannot be written, or the caller gave up.
type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }
func (e *fatalError) Unwrap() error { return e.err }

func fatal(err error) error {
	if err == nil {
		return nil
	}
	return &fatalError{err}
}

// isFatal tells whether an error ends the run.
func isFatal(err error) bool {
	var f *fatalError
	return errors.As(err, &f)
}

// errGone is a group that was deleted while it was being read.
var errGone = errors.New("the group was deleted while it was being read")

// lostToken tells whether no further request can succeed.
func lostToken(err error) bool {
	var e *graphclient.Error
	var c *graphclient.CredentialError
	return errors.As(err, &c) || errors.As(err, &e) && e.Unauthenticated()
}

// statusOf is the status that Graph refused with, 0 if it did not.
func statusOf(err error) int {
	var e *graphclient.Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// refusedWith tells whether Graph refused with one of these statuses.
func refusedWith(err error, statuses ...int) bool {
	return slices.Contains(statuses, statusOf(err))
}

// classify says what an error means for a section of which some rows were read.
//
//	401, no credential            denied, unauthenticated
//	no premium licence            unlicensed if the licences say so too, else denied
//	Intune of a tenant without    unlicensed
//	risky users without P2        unlicensed
//	403                           denied
//	501                           notCollected: the endpoint does not offer it
//	other 4xx                     unavailable, not in this cloud or version
//	429, 5xx, no or a bad answer  unavailable
//
// With rows every one of them is partial instead.
func (r *run) classify(ctx context.Context, s Section, err error, rows int) snapshot.SectionEntry {
	var entry snapshot.SectionEntry
	var e *graphclient.Error
	if errors.As(err, &e) {
		entry.Status, entry.Code = e.Status, e.Code
	}
	switch {
	case lostToken(err):
		entry.State, entry.Reason = snapshot.Denied, ReasonUnauthenticated
	case e == nil:
		entry.State, entry.Reason = snapshot.Unavailable, err.Error()
	case s.ID == snapshot.ManagedDevices && (e.Denied() || e.NotFound() || e.Status == http.StatusBadRequest) && r.licences.lack(ctx, Intune):
		entry.State, entry.Reason = snapshot.Unlicensed, "the tenant has no Intune licence"
		entry.Needs = planNames(Intune)
	case s.ID == snapshot.RiskyUsers && e.Denied() && r.licences.lack(ctx, EntraP2):
		entry.State, entry.Reason = snapshot.Unlicensed, "the tenant has no "+string(EntraP2)+" licence"
		entry.Needs = planNames(EntraP2)
	case e.Premium():
		r.classifyPremium(ctx, s, e, &entry)
	case e.Denied():
		entry.State, entry.Reason = snapshot.Denied, refusal(e)
		entry.Needs = s.Needs()
	case e.Status == http.StatusNotImplemented:
		entry.State, entry.Reason = snapshot.NotCollected, "the endpoint does not offer it: "+refusal(e)
	default:
		entry.State, entry.Reason = snapshot.Unavailable, refusal(e)
	}
	if rows > 0 {
		entry.State = snapshot.Partial
		if entry.Reason != ReasonUnauthenticated {
			entry.Reason = fmt.Sprintf("ended after %d rows: %s", rows, entry.Reason)
		}
	}
	return entry
}

// classifyPremium tells a missing licence from a missing permission: Graph sends
// licensed tenants the same refusal when Directory.Read.All is missing (Graph
// known-issues page).
func (r *run) classifyPremium(ctx context.Context, s Section, e *graphclient.Error, entry *snapshot.SectionEntry) {
	wants := s.Licence
	if wants != EntraP2 {
		wants = EntraP1
	}
	if e.Status == http.StatusBadRequest || r.licences.lack(ctx, wants) {
		entry.State, entry.Reason = snapshot.Unlicensed, "the tenant has no "+string(wants)+" licence"
		entry.Needs = planNames(wants)
		return
	}
	entry.State, entry.Reason = snapshot.Denied, refusal(e)
	entry.Needs = append(s.Needs(), "Directory.Read.All")
}

// refusal is a short form of what Graph said, the same for the same refusal.
func refusal(e *graphclient.Error) string {
	text := fmt.Sprintf("Graph answered %d", e.Status)
	if name := http.StatusText(e.Status); name != "" {
		text += " " + name
	}
	if e.Code != "" {
		text += ", " + e.Code
	}
	return text
}

// reasonOf is the reason for a part of a section that could not be read.
func reasonOf(err error) string {
	var e *graphclient.Error
	if errors.As(err, &e) {
		return refusal(e)
	}
	return strings.TrimSpace(err.Error())
}
