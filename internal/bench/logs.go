package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/replay"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/internal/tenantgen"
)

// logAccounts is how many accounts the tenants have whose logs are measured.
const logAccounts = 100_000

// budgetLog bounds what folding a sign-in log may hold, however long the log is.
const budgetLog = 300 << 20

// usedSignIn are the members of a sign-in that facts use.
type usedSignIn struct {
	ID                  string `json:"id"`
	CreatedDateTime     string `json:"createdDateTime"`
	CorrelationID       string `json:"correlationId"`
	UserID              string `json:"userId"`
	AppID               string `json:"appId"`
	AppDisplayName      string `json:"appDisplayName"`
	ResourceID          string `json:"resourceId"`
	ResourceDisplayName string `json:"resourceDisplayName"`
	IPAddress           string `json:"ipAddress"`
	ClientAppUsed       string `json:"clientAppUsed"`
	Status              struct {
		ErrorCode *int `json:"errorCode"`
	} `json:"status"`
	DeviceDetail struct {
		DeviceID        string `json:"deviceId"`
		OperatingSystem string `json:"operatingSystem"`
		Browser         string `json:"browser"`
		IsCompliant     *bool  `json:"isCompliant"`
		TrustType       string `json:"trustType"`
	} `json:"deviceDetail"`
	Location struct {
		CountryOrRegion string `json:"countryOrRegion"`
	} `json:"location"`
	AppliedConditionalAccessPolicies []struct {
		ID          string `json:"id"`
		DisplayName string `json:"displayName"`
		Result      string `json:"result"`
	} `json:"appliedConditionalAccessPolicies"`
}

// logStages read the sign-in log, in the order of the report.
var logStages = []string{"log-floor", "log-fold", "log-replay"}

// measureLogFloor decodes the log and keeps nothing.
func measureLogFloor(ctx context.Context, snap *snapshot.Snapshot, dir string) ([]measured, error) {
	m, err := measure("log, decode only", func() (string, error) {
		read, err := decodeFiles(ctx, dir, snap, []snapshot.SectionID{snapshot.SignIns})
		return fmt.Sprintf("%d MB of JSON", read/1e6), err
	})
	return []measured{m}, err
}

func measureLogFold(ctx context.Context, snap *snapshot.Snapshot) ([]measured, error) {
	run := audit.NewRun(snap)
	if _, err := audit.Evaluate(ctx, run, population.Users); err != nil {
		return nil, err
	}
	m, err := derive(activity.SignIns, func(l *activity.SignInLog) string { return fmt.Sprintf("%d rows", l.Window.Rows) })(ctx, run)
	return []measured{m}, err
}

func measureLogReplay(ctx context.Context, snap *snapshot.Snapshot) ([]measured, error) {
	run := audit.NewRun(snap)
	if _, err := audit.Evaluate(ctx, run, replay.Comparing); err != nil {
		return nil, err
	}
	m, err := derive(replay.Agreement, func(e *audit.Engine) string { return fmt.Sprintf("%d decisions", e.PolicyDecisions) })(ctx, run)
	return []measured{m}, err
}

// logs measures what reading sign-in logs of several lengths takes.
func (b *bench) logs(ctx context.Context, lengths []int) error {
	var over []error
	for _, n := range lengths {
		dir, err := b.loggedTenant(ctx, n)
		if err != nil {
			return err
		}
		fmt.Printf("\n%d sign-ins of %d accounts\n", n, logAccounts)
		fmt.Printf("%-28s %9s %9s %12s %10s %12s\n", "stage", "wall", "cpu", "allocated", "peak", "events/s")
		var floor measured
		for _, stage := range logStages {
			best, err := b.best(func() ([]measured, error) { return b.child(ctx, stage, dir) })
			if err != nil {
				return err
			}
			m := best[0]
			rate := float64(n) / m.Wall.Seconds()
			fmt.Printf("%-28s %8.3fs %9s %12s %10s %12.0f  %s\n", m.Stage, m.Wall.Seconds(), m.CPU.Round(10*time.Millisecond), mib(m.Allocated), mib(m.Peak), rate, m.Note)
			switch stage {
			case "log-floor":
				floor = m
			default:
				fmt.Printf("%-28s %.2f × wall\n", "  against decode only", ratio(m.Wall, floor.Wall))
			}
			if stage == "log-fold" && m.Peak > budgetLog {
				over = append(over, fmt.Errorf("folding %d sign-ins holds %s, the budget is %s", n, mib(m.Peak), mib(budgetLog)))
			}
		}
	}
	return errors.Join(over...)
}

// loggedTenant gives the folder of a tenant with a log, made if it is not there.
func (b *bench) loggedTenant(ctx context.Context, signIns int) (string, error) {
	dir := filepath.Join(b.cache, fmt.Sprintf("v%d-%d-signins-%d", tenantgen.Version, logAccounts, signIns))
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	shape := tenantgen.ForUsers(logAccounts)
	shape.SignIns = signIns
	return dir, b.make(ctx, dir, shape)
}
