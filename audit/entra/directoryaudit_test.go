package entra

import "testing"

func TestDirectoryAudit(t *testing.T) {
	var a DirectoryAudit
	if err := Decode(Raw(`{"activityDisplayName":"add Passkey ","result":"SUCCESS","initiatedBy":{"user":null,"app":null},"targetResources":null}`), &a); err != nil {
		t.Fatal(err)
	}
	if !a.Is("Add Passkey") || a.Is("Add") {
		t.Error("activities are compared without case and spaces at the end")
	}
	for result, want := range map[string]bool{"success": true, "SUCCESS": true, "": true, "failure": false, "timeout": false, "unknownFutureValue": false} {
		if got := (&DirectoryAudit{Result: result}).Succeeded(); got != want {
			t.Errorf("%q: %t", result, got)
		}
	}
}

func TestInner(t *testing.T) {
	for value, want := range map[string]string{
		`"\"enabled\""`:    `"enabled"`,
		`"{\"a\":[1]}"`:    `{"a":[1]}`,
		`"[\"x@y\"]"`:      `["x@y"]`,
		`"not JSON"`:       `"not JSON"`,
		`""`:               `""`,
		`null`:             `null`,
		`{"a":1}`:          `{"a":1}`,
		`"{\"a\":1} rest"`: `"{\"a\":1} rest"`,
	} {
		if got := string(Inner(Raw(value))); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
	if got := Inner(nil); got != nil {
		t.Errorf("a value that is absent became %s", got)
	}
}
