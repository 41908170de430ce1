package collect

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"unicode"
	"unicode/utf8"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// reportStarts are the characters that nearly all names begin with. Parts for others are
// asked for when accounts show that there are such names.
const reportStarts = "abcdefghijklmnopqrstuvwxyz0123456789"

// reportLag is the share of accounts, one in so many, that may be missing from a report
// that was read in parts. It lists people up to a day late, which are far fewer.
const reportLag = 20

var (
	// errUnfiltered ends a part of the report that is mostly of people who do not belong
	// to it.
	errUnfiltered = errors.New("the report does not keep to the filter")
	// errCovered ends a part that another part holds already.
	errCovered = errors.New("the report does not tell capital letters from small ones")
)

// reportPartRequest asks for the people whose name begins with a character. Source:
// Microsoft's page on the resource userRegistrationDetails, v1.0: userPrincipalName
// supports $filter by eq and startsWith (stored copy of 2023). Whether letter case counts
// is not said.
func reportPartRequest(start string) graphclient.Request {
	return graphclient.UserRegistrationDetails(graphclient.Query{Filter: "startswith(userPrincipalName," + quote(start) + ")"})
}

// reportParts reads the registration report by the first character of names. The report
// cannot be counted, so accounts tell whether the parts hold everybody.
type reportParts struct {
	j     *job
	read  map[rune]bool // parts that were read to their end
	folds bool          // the service was seen to take capital and small letters for the same
}

// readReportInParts tells whether the parts hold the whole report.
func (j *job) readReportInParts(ctx context.Context) (complete bool, err error) {
	p := reportParts{j: j, read: map[rune]bool{}}
	for _, start := range reportStarts {
		if ok, err := p.part(ctx, start); err != nil || !ok {
			return false, err
		}
	}
	select {
	case <-j.r.done[snapshot.Users]:
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	if j.r.entryOf(snapshot.Users).State != snapshot.Complete {
		return false, nil
	}
	for _, start := range j.r.unlistedStarts() {
		if p.read[start] || p.folds && p.read[otherCase(start)] {
			continue
		}
		if ok, err := p.part(ctx, start); err != nil || !ok {
			return false, err
		}
	}
	ordinary, unlisted := j.r.countUnlisted()
	return unlisted <= ordinary/reportLag, nil
}

// part reads one part. ok is false if the service does not filter as it should.
func (p *reportParts) part(ctx context.Context, start rune) (ok bool, err error) {
	name := string(start)
	if p.j.done[name] {
		p.read[start] = true
		return true, nil
	}
	l := listing{client: p.j.r.client, key: "id", seen: &idSet{}, each: func(rows []entra.Raw) error { return p.take(start, rows) }}
	switch err = l.read(ctx, reportPartRequest(name)); {
	case errors.Is(err, errUnfiltered), l.pages == 0 && refusedWith(err, http.StatusBadRequest):
		return false, nil
	case errors.Is(err, errCovered):
		return true, nil
	case err != nil:
		return false, err
	}
	p.read[start] = true
	return true, p.j.end(name)
}

func (p *reportParts) take(start rune, rows []entra.Raw) error {
	strays := 0
	fresh := make([]entra.Raw, 0, len(rows))
	for _, row := range rows {
		switch first := firstRune(entra.Text(row, "/userPrincipalName")); first {
		case start, 0:
		case otherCase(start):
			if p.folds = true; p.read[first] {
				return errCovered
			}
		default:
			strays++
		}
		if id := entra.Text(row, "/id"); id == "" || !p.j.r.report.listed.has(id) {
			fresh = append(fresh, row)
		}
	}
	if 2*strays > len(rows) {
		return errUnfiltered
	}
	return p.j.append(fresh...)
}

// unlistedStarts are the characters, as accounts spell them, that names of enabled
// accounts begin with which are not in the report.
func (r *run) unlistedStarts() []rune {
	var starts []rune
	for i, start := range r.accounts.starts {
		if start != 0 && !slices.Contains(starts, start) && !r.report.listed.hasKey(r.accounts.keys.at(i)) {
			starts = append(starts, start)
		}
	}
	slices.Sort(starts)
	return starts
}

// countUnlisted counts the accounts that the report should list, and those of them that
// it does not.
func (r *run) countUnlisted() (ordinary, unlisted int) {
	for i, is := range r.accounts.ordinary {
		if !is {
			continue
		}
		ordinary++
		if !r.report.listed.hasKey(r.accounts.keys.at(i)) {
			unlisted++
		}
	}
	return ordinary, unlisted
}

// firstRune is what a name begins with; 0 if there is none.
func firstRune(name string) rune {
	if name == "" {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(name)
	return r
}

// otherCase is the same letter, small for capital and the other way round; what has no
// case is itself.
func otherCase(r rune) rune {
	if lower := unicode.ToLower(r); lower != r {
		return lower
	}
	return unicode.ToUpper(r)
}
