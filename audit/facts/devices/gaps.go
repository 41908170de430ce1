package devices

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// LacksDevices notes which sections of devices were not read in full: a further device
// could hide what people have, and refute that they have nothing better. A tenant
// without Intune has no managed devices, which is an answer. The check declares both
// sections as Refines.
func LacksDevices(p *audit.Pass) {
	for _, section := range []snapshot.SectionID{snapshot.Devices, snapshot.ManagedDevices} {
		state := p.Status(section).State
		if state == snapshot.Complete || section == snapshot.ManagedDevices && state == snapshot.Unlicensed {
			continue
		}
		p.Lacks(section, audit.Either, "people may have devices that were not read")
	}
}

// Count says how many records there are of each system and version: "Android 13: 2,
// iOS 16.7: 1".
func Count(records []Record) string {
	counts := map[string]int{}
	for _, r := range records {
		counts[r.OS.String()+" "+r.Version.String()]++
	}
	return listed(counts)
}

// CountEvidence says on what evidence records rest: "Intune: 2, the directory: 1".
func CountEvidence(records []Record) string {
	counts := map[string]int{}
	for _, r := range records {
		counts[r.By.String()]++
	}
	return listed(counts)
}

// mostListed is how many kinds a message names.
const mostListed = 6

// listed writes counts, the highest first.
func listed(counts map[string]int) string {
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, name := range names[:min(len(names), mostListed)] {
		parts = append(parts, fmt.Sprintf("%s: %d", name, counts[name]))
	}
	if more := len(names) - mostListed; more > 0 {
		parts = append(parts, fmt.Sprintf("%d others", more))
	}
	return strings.Join(parts, ", ")
}

// QuoteVersions quotes the versions of the first records, or that none is there.
func QuoteVersions(ctx context.Context, p *audit.Pass, records []Record, means string) ([]audit.Evidence, error) {
	return QuoteRecords(ctx, p, records[:min(len(records), quotedPeople)], func(r Record) (string, string) { return r.VersionPointer, means })
}
