package conditionalaccess

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
)

func TestSessionControls(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want []string
	}{
		"none":       {`null`, nil},
		"absent":     {``, nil},
		"every-time": {`{"signInFrequency":{"isEnabled":true,"frequencyInterval":"everyTime","value":null,"type":null}}`, []string{"signInFrequency: everyTime"}},
		"hours":      {`{"signInFrequency":{"isEnabled":true,"frequencyInterval":"timeBased","value":8,"type":"hours"}}`, []string{"signInFrequency: 8 hours"}},
		"off":        {`{"signInFrequency":{"isEnabled":false,"value":8,"type":"hours"},"persistentBrowser":null}`, nil},
		"others":     {`{"@odata.type":"x","persistentBrowser":{"isEnabled":true,"mode":"never"},"disableResilienceDefaults":true}`, []string{"persistentBrowser", "disableResilienceDefaults"}},
	} {
		t.Run(name, func(t *testing.T) {
			known := func(where, _ string) { t.Errorf("%s is reported", where) }
			if diff := cmp.Diff(c.want, sessionControls(entra.Raw(c.raw), known)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownSessionControl(t *testing.T) {
	var problems []string
	got := sessionControls(entra.Raw(`{"later":{"isEnabled":true},"alsoLater":{"isEnabled":false}}`), func(where, _ string) { problems = append(problems, where) })
	if diff := cmp.Diff([]string{"later"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"sessionControls.later"}, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
