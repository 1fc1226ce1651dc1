package main

import (
	"slices"
	"testing"
)

func TestParseCPUList(t *testing.T) {
	tests := []struct {
		text    string
		want    []int
		wantErr bool
	}{
		{"0", []int{0}, false},
		{"0-3", []int{0, 1, 2, 3}, false},
		{"0,2-3,9", []int{0, 2, 3, 9}, false},
		{"", nil, true},
		{"0-", nil, true},
		{"a", nil, true},
	}
	for _, tt := range tests {
		got, err := parseCPUList(tt.text)
		if (err != nil) != tt.wantErr || !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, %v, want %v, error %v", tt.text, got, err, tt.want, tt.wantErr)
		}
	}
}

func TestShare(t *testing.T) {
	tests := []struct {
		name    string
		allowed []int
		want    cores
	}{
		{"one", []int{0}, cores{Proxies: 1, Loads: 1}},
		{"two", []int{0, 1}, cores{Proxies: 2, Loads: 1}},
		{"four, not from 0", []int{4, 5, 8, 9}, cores{"4", "5,8", "9", 2, 1}},
		{"many", []int{0, 1, 2, 3, 4, 5, 6, 7, 8}, cores{"0,1", "2,3", "4,5", 2, 2}},
	}
	for _, tt := range tests {
		if got := share(tt.allowed); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestPinned(t *testing.T) {
	if got := pinned("1,2", []string{"nginx", "-c", "x"}); !slices.Equal(got, []string{"taskset", "-c", "1,2", "nginx", "-c", "x"}) {
		t.Errorf("pinned: %q", got)
	}
	if got := pinned("", []string{"nginx"}); !slices.Equal(got, []string{"nginx"}) {
		t.Errorf("not pinned: %q", got)
	}
}
