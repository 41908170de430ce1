package collect

import (
	"context"
	"time"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// Estimate says what a run would send and how long Graph's limits make it take.
type Estimate struct {
	// Accounts and Devices are the counts that the estimate rests on; negative where
	// they are not known.
	Accounts, Devices int
	Sections          []SectionEstimate
	Buckets           []BucketEstimate
	// Time is the least that the limits allow: that of the slowest bucket, since
	// buckets do not wait for each other.
	Time time.Duration
}

// SectionEstimate is what one section costs.
type SectionEstimate struct {
	Section Section
	// Requests are sent at least; Most is an upper bound, 0 where there is none.
	Requests, Most int
	// Units are what Graph charges for Requests.
	Units int
	// Why says where the number comes from.
	Why string
}

// BucketEstimate is what one of Graph's limits makes of it.
type BucketEstimate struct {
	Limit           graphclient.Limit
	Requests, Units int
	Time            time.Duration
}

// EstimateRun estimates a run of the options without sending anything but counts:
// of accounts, and of devices where devices are read. accounts is taken for the
// first if it is not negative; then nothing is sent at all, and the client may be nil.
func EstimateRun(ctx context.Context, client *graphclient.Client, opts Options, accounts int) (*Estimate, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	e := &Estimate{Accounts: accounts, Devices: -1}
	catalogue := Catalogue()
	asked := opts.wanted(catalogue)
	if accounts < 0 {
		n, err := client.Count(ctx, graphclient.UsersCount())
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err == nil:
			e.Accounts = int(n)
		case !refused(err):
			return nil, err
		}
		if asked[snapshot.Devices] && !opts.Scope.narrowed() {
			n, err := client.Count(ctx, graphclient.DevicesCount())
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if err == nil {
				e.Devices = int(n)
			}
		}
	}
	for _, s := range catalogue {
		if asked[s.ID] {
			e.Sections = append(e.Sections, e.section(s, opts))
		}
	}
	e.buckets()
	return e, nil
}

// refused tells whether Graph answered at all and did not doubt the token.
func refused(err error) bool {
	status := statusOf(err)
	return status != 0 && !lostToken(err)
}

// section estimates one section. The numbers are those by which it is read.
func (e *Estimate) section(s Section, opts Options) SectionEstimate {
	out := SectionEstimate{Section: s, Requests: 1, Most: 1, Why: "one page", Units: 1}
	n := e.Accounts
	known := n >= 0
	narrow := opts.Scope.narrowed()
	switch s.ID {
	case snapshot.Organization, snapshot.SecurityDefaults, snapshot.CrossTenantAccessPolicy:
		out.Why = "one object"
	case snapshot.AuthenticationMethodsPolicy:
		out.Requests, out.Most, out.Why = 2, 1+len(fido2Requests()), "the policy, and the passkey profiles by themselves"
	case snapshot.SubscribedSkus:
		out.Units = 3
	case snapshot.Domains:
		out.Most, out.Why = 0, "one page, and one for each federated domain"
	case snapshot.Groups:
		out.Most, out.Units, out.Why = 0, 3, "one for each thousand groups that something names"
	case snapshot.GroupMembers:
		out.Most, out.Units, out.Why = 0, 4, "one for each group, and for each further 999 members"
		if opts.Scope.User != "" {
			out.Units, out.Why = 1, "the groups of the user"
		}
	case snapshot.Users:
		switch {
		case opts.Scope.User != "":
			out.Why = "the user"
		case narrow:
			out.Most, out.Units, out.Why = 0, 4, "one for each 999 members of the groups"
		case !known:
			out.Most, out.Why = 0, "one for each 999 accounts"
		default:
			out.Requests, out.Why = 1+pages(n, directoryPage), "a count, and one for each 999 accounts"
			if n >= opts.Partition {
				out.Requests += len(nameStarts) + 1
				out.Why = "counts, and one for each 999 accounts of those whose names begin alike"
			}
			out.Units, out.Most = out.Requests, 2*out.Requests
		}
	case snapshot.UserRegistrationDetails:
		out.Why = "one for each thousand accounts"
		switch {
		case opts.Scope.User != "":
			out.Most, out.Why = 0, "a filter by name, the whole report where that finds nothing"
		case !known:
			out.Most = 0
		default:
			out.Requests = pages(n, reportPage)
			out.Most = out.Requests
			if n >= opts.Partition && !narrow && opts.wanted(Catalogue())[snapshot.Users] {
				out.Requests += len(reportStarts)
				out.Most = 2 * out.Requests
				out.Why = "one for each thousand of those whose names begin alike"
			}
		}
	case snapshot.AuthenticationMethods:
		switch {
		case opts.Scope.User != "":
			out.Why = "the user, in a batch"
		case !known || narrow:
			out.Most, out.Why = 0, "a batch for each twenty accounts"
		case n <= everyone:
			out.Requests, out.Units, out.Why = pages(n, graphclient.MaxBatch), n, "a batch for each twenty accounts; every account is asked"
			out.Most = out.Requests
		default:
			out.Why = "a batch for each twenty accounts with a passkey or a pass in the report, or missing from it"
			out.Most = pages(n, graphclient.MaxBatch)
		}
	case snapshot.Devices:
		out.Most, out.Why = 0, "one for each 999 devices"
		if e.Devices >= 0 {
			out.Requests = pages(e.Devices, directoryPage)
			out.Most, out.Units = out.Requests+2, out.Requests
		}
	case snapshot.ManagedDevices:
		out.Most, out.Why = 0, "one for each page of devices"
	case snapshot.SignIns:
		out.Most, out.Why = logRequests(opts), "one for each thousand sign-ins, no longer than --log-time"
	case snapshot.DirectoryAudits:
		out.Most, out.Why = logRequests(opts), "one for each thousand events, no longer than --log-time"
		if opts.Scope.User != "" || known && n > everyone {
			out.Requests = len(auditConditions)
		}
	case snapshot.RiskyUsers:
		out.Most, out.Why = 0, "one for each 500 risky users"
	}
	if s.Bucket != graphclient.BucketDirectory {
		out.Units = out.Requests
	}
	return out
}

// reportPage is how many rows a page of the registration report holds. It is not
// documented; traces of its page tokens show steps of a thousand.
const reportPage = 1000

func pages(rows, size int) int { return max(1, (rows+size-1)/size) }

// logRequests is how many requests the time for a log allows.
func logRequests(opts Options) int {
	l := graphclient.LimitOf(graphclient.BucketReports, 0)
	return int(opts.LogTime/l.Per)*l.Units + l.Units
}

func (e *Estimate) buckets() {
	for _, b := range []graphclient.Bucket{graphclient.BucketReports, graphclient.BucketDirectory, graphclient.BucketConditionalAccess, graphclient.BucketIntune} {
		sum := BucketEstimate{Limit: graphclient.LimitOf(b, max(e.Accounts, 0))}
		for _, s := range e.Sections {
			if s.Section.Bucket == b {
				sum.Requests += s.Requests
				sum.Units += s.Units
			}
		}
		if sum.Requests == 0 {
			continue
		}
		// The first units cost no time.
		sum.Time = time.Duration(max(0, sum.Units-sum.Limit.Units)) * sum.Limit.Per / time.Duration(sum.Limit.Units)
		e.Buckets = append(e.Buckets, sum)
		e.Time = max(e.Time, sum.Time)
	}
}
