package collect

import (
	"context"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// report is what the registration report said of people, for choosing whose
// methods to read.
type report struct {
	readable bool
	listed   *idSet // who is in it
	strong   *idSet // who has a passkey or a temporary access pass in it
}

// learnReport takes note of who has something strong.
func learnReport(r *run, row entra.Raw) {
	var d entra.UserRegistrationDetails
	if entra.Decode(row, &d) == nil && showsStrong(d.MethodsRegistered) {
		r.report.strong.add(d.ID)
	}
	if id := entra.Text(row, "/id"); id != "" {
		r.report.listed.add(id)
	}
}

func readReport(ctx context.Context, j *job) error {
	rep := &j.r.report
	each := j.pick("id")
	plain := graphclient.UserRegistrationDetails(graphclient.Query{})
	requests := []graphclient.Request{plain}
	if p := j.r.people; p.oneUser() && p.upn != "" {
		one := graphclient.UserRegistrationDetails(graphclient.Query{Filter: "userPrincipalName eq " + quote(p.upn)})
		requests = []graphclient.Request{one, plain}
	}
	var err error
	if j.r.people == nil {
		err = j.readWholeReport(ctx)
	} else {
		// What is listed of a narrowed run is only what is kept, so rows are told apart by a
		// set of their own there.
		err = j.listInto(ctx, &idSet{}, "id", each, requests...)
	}
	if len(requests) > 1 && err == nil && j.sw.Objects() == 0 {
		// The report lags: after a renaming it knows the user by the old name.
		err = j.listInto(ctx, &idSet{}, "id", each, plain)
	}
	if j.r.people.oneUser() {
		// The request names the user.
		j.entry.Request = plain.String()
	}
	rep.readable = err == nil || rep.listed.len() > 0
	return err
}

// readWholeReport reads the report in one listing, or where there are very many accounts
// in parts: at the pace of reports a listing of a million takes more than half an hour,
// and its page tokens would have to hold all the while.
func (j *job) readWholeReport(ctx context.Context) error {
	plain := graphclient.UserRegistrationDetails(graphclient.Query{})
	if j.r.asked[snapshot.Users] {
		total, known := j.r.size(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if known && total >= j.r.opts.Partition {
			j.entry.Request = plain.String()
			if complete, err := j.readReportInParts(ctx); err != nil || complete {
				return err
			}
		}
	}
	return j.listInto(ctx, j.r.report.listed, "id", j.keepAll, plain)
}

// showsStrong looks for passkeys by prefix, as the report's values for them have
// changed over time, and for temporary access passes.
func showsStrong(methods []string) bool {
	for _, m := range methods {
		m = strings.ToLower(m)
		if strings.HasPrefix(m, "fido2") || strings.HasPrefix(m, "passkey") || m == "temporaryaccesspass" {
			return true
		}
	}
	return false
}
