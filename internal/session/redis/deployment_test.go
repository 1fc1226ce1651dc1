package redis_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/storetest"
)

// TestCluster runs the suites on three real nodes: every step that touched two
// keys would end as CROSSSLOT or MOVED.
func TestCluster(t *testing.T) {
	t.Parallel()
	var nodes []*redistest.Server
	for range 3 {
		nodes = append(nodes, redistest.Start(t, "--cluster-enabled", "yes"))
	}
	addresses := make([]string, len(nodes))
	for i, node := range nodes {
		addresses[i] = node.Addr()
		command(t, node.Addr(), "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*16384/3), strconv.Itoa((i+1)*16384/3-1))
		command(t, node.Addr(), "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		if i > 0 {
			command(t, node.Addr(), "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(nodes[0].Port()))
		}
	}
	for _, node := range nodes {
		for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			info := command(t, node.Addr(), "CLUSTER", "INFO")
			if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("the cluster does not come together:\n%s", info)
			}
		}
	}
	c := patientConfig(addresses[:2]...) // the third one is found
	c.Cluster = true
	storetest.Run(t, realEngine(c))
	storetest.RunManager(t, realEngine(c))
}

// TestSentinel: when the master dies, the replica is used.
func TestSentinel(t *testing.T) {
	t.Parallel()
	master := redistest.Start(t)
	replica := redistest.Start(t, "--replicaof", "127.0.0.1 "+strconv.Itoa(master.Port()))
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, "sentinel monitor bank 127.0.0.1 %d 1\n"+
		"sentinel down-after-milliseconds bank 300\nsentinel failover-timeout bank 3000\n", master.Port()), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel := redistest.StartSentinel(t, file)
	for deadline := time.Now().Add(patience); !strings.Contains(command(t, master.Addr(), "INFO", "replication"), "state=online"); {
		if time.Now().After(deadline) {
			t.Fatal("the replica does not follow")
		}
		time.Sleep(20 * time.Millisecond)
	}
	for deadline := time.Now().Add(patience); !strings.Contains(command(t, sentinel.Addr(), "SENTINEL", "REPLICAS", "bank"), strconv.Itoa(replica.Port())); {
		if time.Now().After(deadline) {
			t.Fatal("the sentinel does not know the replica")
		}
		time.Sleep(20 * time.Millisecond)
	}
	s, err := redis.New(redis.Config{Addresses: []string{sentinel.Addr()}, SentinelMaster: "bank"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	recovers(t, s)
	m, created := claimOn(t, s)
	// Replication is asynchronous: what the replica has not got yet is lost.
	for deadline := time.Now().Add(patience); !strings.Contains(
		command(t, replica.Addr(), "HGET", "cobrowse:s:"+created.Session.ID, "data"), `"ann"`); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the replica does not get the claim")
		}
	}
	master.Kill()
	recovers(t, s)
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		again, err := claim(t, m, "ann")
		if err == nil && again.Again {
			return
		}
		// Until the replica is promoted, it refuses to be written to.
		if !errors.Is(err, session.ErrUnavailable) || time.Now().After(deadline) {
			t.Fatalf("after the failover: %+v, %v", again, err)
		}
	}
}

// TestACLAndTLS: an encrypted connection, and a user who may do exactly what
// the package's doc says.
func TestACLAndTLS(t *testing.T) {
	t.Parallel()
	const password = "geheim-9f1c"
	dir := t.TempDir()
	pool := writeCertificate(t, dir)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tlsPort := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	redistest.Start(t, slices.Concat([]string{
		"--tls-port", strconv.Itoa(tlsPort), "--tls-auth-clients", "no",
		"--tls-cert-file", filepath.Join(dir, "cert.pem"), "--tls-key-file", filepath.Join(dir, "key.pem"),
		"--tls-ca-cert-file", filepath.Join(dir, "cert.pem"),
		"--user", "default", "off",
		"--user", "proxy", "on", ">" + password,
	}, strings.Fields("~cobrowse:* &cobrowse:* +get +set +del +exists +hget +hset +pexpire +pttl +zadd +zcard "+
		"+zrem +zremrangebyscore +zscan +zscore +time +eval +evalsha +publish +subscribe +ping +hello"))...)
	c := patientConfig(net.JoinHostPort("localhost", strconv.Itoa(tlsPort)))
	c.Prefix = "cobrowse:"
	c.Username, c.Password = "proxy", password
	c.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	storetest.Run(t, realEngine(c))

	for name, spoil := range map[string]func(*redis.Config){
		"wrong password":    func(c *redis.Config) { c.Password = "wrong-" + password },
		"unknown authority": func(c *redis.Config) { c.TLS = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12} },
		"foreign prefix":    func(c *redis.Config) { c.Prefix = "other:" },
	} {
		t.Run(name, func(t *testing.T) {
			c := c
			spoil(&c)
			s, err := redis.New(c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			err = s.Reserve(t.Context(), "pin:1", id, time.Minute)
			if !errors.Is(err, session.ErrUnavailable) {
				t.Errorf("got %v", err)
			}
			shown := fmt.Sprintf("%v %v %+v %#v", err, c, c, s)
			if strings.Contains(shown, password) {
				t.Errorf("the password is shown: %s", shown)
			}
		})
	}
}

// writeCertificate writes a self-signed certificate for localhost.
func writeCertificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, data := range map[string][]byte{
		"cert.pem": cert,
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool
}

// TestOutOfMemory: a Redis that may not evict is full, not broken.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--maxmemory", "1", "--maxmemory-policy", "noeviction")
	s := open(t, server.Addr())
	if _, err := s.Create(t.Context(), record(), time.Hour); !errors.Is(err, session.ErrFull) {
		t.Errorf("creating a session: %v", err)
	}
	if err := s.Reserve(t.Context(), "pin:1", id, time.Hour); !errors.Is(err, session.ErrFull) {
		t.Errorf("reserving a PIN: %v", err)
	}
	if err := s.Values().Put(t.Context(), "a", []byte("1"), time.Hour); !errors.Is(err, session.ErrFull) {
		t.Errorf("putting a value: %v", err)
	}
	if swapped, err := s.Values().Swap(t.Context(), "a", nil, []byte("1"), time.Hour); swapped || !errors.Is(err, session.ErrFull) {
		t.Errorf("swapping a value: %v, %v", swapped, err)
	}
}

// TestForeignKind: a key of ours with something in it that is no value is a fault,
// not none.
func TestForeignKind(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := open(t, server.Addr())
	for _, step := range []string{"get value", "swap value", "take value"} {
		command(t, server.Addr(), "DEL", "cobrowse:v:a")
		command(t, server.Addr(), "LPUSH", "cobrowse:v:a", "1")
		if err := steps(s)[step](t.Context()); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("%s: %v", step, err)
		}
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]redis.Config{
		"a URL":                       {Addresses: []string{"redis://u:geheim@h:6379"}},
		"credentials in an address":   {Addresses: []string{"u:geheim@h:6379"}},
		"no port":                     {Addresses: []string{"h"}},
		"two servers":                 {Addresses: []string{"a:1", "b:1"}},
		"a cluster with sentinels":    {Cluster: true, SentinelMaster: "x"},
		"a cluster with a database":   {Cluster: true, DB: 1},
		"a database before the first": {DB: -1},
		"a username alone":            {Username: "u"},
		"a negative limit":            {MaxSessions: -1},
		"a timeout of nothing":        {IOTimeout: time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := redis.New(c)
			if err == nil || strings.Contains(err.Error(), "geheim") {
				t.Errorf("got %v", err)
			}
		})
	}
}
