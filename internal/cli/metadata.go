package cli

import (
	"cmp"
	"fmt"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/report"
	"passkeyaudit/internal/fidometadata"
)

// metadata is the file of --mds; without it nil.
type metadata struct{ blob *fidometadata.Blob }

// readMetadata reads and checks the file before anything else is done. That it is not
// what it should be is the caller's mistake.
func readMetadata(file string) (*metadata, error) {
	if file == "" {
		return nil, nil
	}
	blob, err := fidometadata.Read(file)
	if err != nil {
		return nil, usagef("--mds: %w", err)
	}
	return &metadata{blob}, nil
}

// beside puts the metadata, as they stand at the time of the snapshot, beside the other
// data by which is judged.
func (m *metadata) beside(s audit.Settings, takenAt time.Time) audit.Settings {
	if m == nil {
		return s
	}
	s.Catalogue = cmp.Or(s.Catalogue, catalogue.BuiltIn()).WithFIDO(m.blob.At(takenAt))
	return s
}

// warnOfData says which data by which is judged are older than they could be.
func warnOfData(d *Deps, known *catalogue.Catalogue) {
	if known == nil {
		return
	}
	for _, e := range known.Editions() {
		if e.Outdated() {
			fmt.Fprintf(d.IO.Err, "passkeyaudit: warning: %s\n", report.Plain(fmt.Sprintf("the %s is older than the program's own of %s",
				e, catalogue.BuiltIn().Edition(e.Part).Date)))
		}
	}
	if fido := known.FIDO(); fido != nil && fido.Stale {
		fmt.Fprintf(d.IO.Err, "passkeyaudit: warning: %s\n", report.Plain("the "+fido.String()))
	}
}
