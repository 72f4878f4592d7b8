# shellcheck shell=bash
# A private Slurm cluster for one test: source it in place of job.sh. Three nodes of two
# cores, each with a host name, /dev/shm and processes of its own. No systemd, nothing
# under /etc. The test runs as process 1 of a namespace with a loopback of its own:
# whatever ends it ends all daemons and jobs with it, and no port is taken outside.
skip() { echo "skipped: $*"; exit 77; }
for tool in slurmctld slurmd munged sbatch srun mpirun unshare setpriv ip; do
  command -v $tool >/dev/null || skip "$tool is missing (cmake/install-deps.sh --slurm)"
done
[ "$(id -u)" -eq 0 ] || skip "slurmd starts jobs as root only"
[ "${DJ_FAULTS:-OFF}" = ON ] || skip "this build injects no faults"
if [ -z "${DJ_SLURM_INSIDE:-}" ]; then
  inside=(setpriv --pdeathsig KILL unshare --mount --uts --net --pid --fork --kill-child
    --mount-proc)
  "${inside[@]}" true 2>/dev/null || skip "namespaces are not allowed here"
  DJ_SLURM_INSIDE=1 exec "${inside[@]}" bash "$0"
fi
trap 'exit 1' INT TERM HUP
# shellcheck source=tests/job.sh
. "$(dirname "${BASH_SOURCE[0]}")/../job.sh"
# shellcheck disable=SC2034 # tests submit them
scripts=$here/../slurm
patience=200 # seconds; the machine may be busy

# The names that Slurm gives to its own jobs must not come from one around this test.
for name in ${!SLURM_@} ${!PMIX_@} ${!OMPI_COMM_@}; do unset "$name"; done
# What the cluster's nodes know by themselves is not to be exported by mpi-env.sh.
unset OMPI_MCA_hwloc_base_binding_policy OMPI_MCA_rmaps_base_oversubscribe
hostname ctl
ip link set lo up
ip address add 10.0.0.1/32 dev lo # names resolve only where there is more than 127.0.0.1
export OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_oob_tcp_if_include=lo

# --- the cluster ----------------------------------------------------------------------

nodes=3
export SLURM_CONF=$work/slurm/slurm.conf
cluster=$work/slurm

configuration() {
  cat <<CONF
ClusterName=djtest
SlurmctldHost=ctl(127.0.0.1)
SlurmctldPort=7000
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$cluster/munge.sock,cred_expire=5
CredType=cred/munge
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool/%n
TmpFS=$cluster/tmp/%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd-%n.pid
SlurmctldLogFile=$cluster/slurmctld.log
SlurmdLogFile=$cluster/slurmd-%n.log
SlurmctldParameters=preempt_send_user_signal
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,sched_min_interval=0,bf_interval=2,batch_sched_delay=0,requeue_delay=0
MpiDefault=none
ReturnToService=2
SlurmdTimeout=${slurmd_timeout:-60}
KillWait=10
MinJobAge=3600
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=n[1-$nodes] NodeAddr=127.0.0.1 Port=[7001-$((7000 + nodes))] CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=1000 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=60 MaxTime=INFINITE State=UP
PartitionName=high Nodes=ALL Default=NO PriorityTier=10 PreemptMode=OFF MaxTime=INFINITE State=UP
CONF
}

# start_node NAME: its processes are a namespace of their own, whose first one only waits.
declare -A node_of
start_node() {
  rm -rf "$cluster/spool/$1" "$cluster/tmp/$1"
  mkdir -p "$cluster/spool/$1" "$cluster/tmp/$1"
  # shellcheck disable=SC2016 # the inner shell expands it
  unshare --mount --uts --pid --fork --kill-child --mount-proc bash -c '
    hostname "$1" && mount -t tmpfs shm /dev/shm || exit 1
    slurmd -D -f "$SLURM_CONF" -N "$1" &
    while :; do wait; sleep 0.2; done' node "$1" >"$cluster/$1.out" 2>&1 &
  node_of[$1]=$!
}
# All that runs on a node is gone, as if its power was.
crash_node() {
  kill -KILL "${node_of[$1]}"
  wait "${node_of[$1]}" 2>/dev/null || true
}

# till SECONDS COMMAND...: waits until the command succeeds.
till() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}

idle_nodes() { [ "$(sinfo -h -N -p low -o %T | grep -cx idle)" -eq "${1:-$nodes}" ]; }

start_cluster() {
  local i
  mkdir -p "$cluster"/{munge,state}
  chmod 700 "$cluster/munge"
  head -c 128 /dev/urandom >"$cluster/munge/key"
  chmod 600 "$cluster/munge/key"
  configuration >"$SLURM_CONF"
  munged --foreground --force --socket="$cluster/munge.sock" --key-file="$cluster/munge/key" \
    --pid-file="$cluster/munge/pid" --seed-file="$cluster/munge/seed" \
    --log-file="$cluster/munge/log" >"$cluster/munged.out" 2>&1 &
  till 30 test -S "$cluster/munge.sock" || fail "munged does not start"
  slurmctld -D -c -f "$SLURM_CONF" >"$cluster/slurmctld.out" 2>&1 &
  for ((i = 1; i <= nodes; i++)); do start_node "n$i"; done
  till 60 idle_nodes || {
    tail -n 5 "$cluster"/*.log "$cluster"/*.out >&2
    fail "the cluster does not start: $(sinfo -N 2>&1)"
  }
  echo "cluster: $(scontrol --version), $nodes nodes, after $SECONDS s"
}

# --- jobs -----------------------------------------------------------------------------

# The scripts call dj-mpi by its name. With ./slow at its start, a run takes a second for
# each partition, so that there is time to disturb it.
mkdir bin home
cat >bin/dj-mpi <<WRAP
#!/bin/bash
if [ -e "$work/slow" ]; then export DJ_FAULT=source.read:nap; fi
exec "$DJ_BIN" "\$@"
WRAP
chmod +x bin/dj-mpi
export PATH=$work/bin:$PATH HOME=$work/home

# undisturbed ROWS: in.jsonl, recipe.yaml, and what every job has to give, in want.jsonl.
undisturbed() {
  rows "$1" >in.jsonl
  recipe recipe.yaml
  sed -i 's/^export_path: .*/export_path: want.jsonl/' recipe.yaml
  expect 0 ranks 0 --config recipe.yaml --job_id base
  recipe recipe.yaml
  printf 'partition:\n  size: 20\n' >>recipe.yaml
}

# submit ARGS...: sbatch; the id is in $job.
submit() {
  job=$(sbatch --parsable "$@" 2>err) || { cat err >&2; fail "sbatch $*"; }
  job=${job%%;*}
}

# state JOB: what Slurm says of it.
state() { scontrol show job "$1" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | head -n 1; }
exit_code() { scontrol show job "$1" | sed -n 's/.*ExitCode=\([0-9:]*\).*/\1/p' | head -n 1; }
restarts() { scontrol show job "$1" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p' | head -n 1; }

is_state() { [ "$(state "$1")" = "$2" ]; }
is_over() { case $(state "$1") in COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL) ;; *) false ;; esac; }
restarted() { [ "$(restarts "$1")" -ge "$2" ]; }

tell_all() {
  scontrol show job "$1" >&2
  tail -n 40 ./*.out >&2
  tail -n 20 "$cluster/slurmctld.log" >&2
}

# ends JOB STATE: it comes to its end, and this is it.
ends() {
  till $patience is_over "$1" || { tell_all "$1"; fail "job $1 does not end"; }
  checks=$((checks + 1))
  [ "$(state "$1")" = "$2" ] || { tell_all "$1"; fail "job $1 is $(state "$1"), not $2"; }
}

# soon JOB COMMAND...: waits until the command succeeds, while the job is not over.
either() { "$@" || is_over "$watched"; }
soon() {
  watched=$1
  shift
  { till $patience either "$@" && "$@" >/dev/null 2>&1; } || {
    tell_all "$watched"
    fail "job $watched is $(state "$watched"), and never: $*"
  }
}

# busy JOB ID: dj-mpi's job with this id has finished some partitions.
finished_some() {
  [ "$(cat "outputs/$1/event_logs/"* | grep -c '"event_type": "partition_complete"')" -ge 4 ]
}
busy() { soon "$1" finished_some "$2"; }
stopped() { grep -q '"status": "stopped"' "outputs/$1/job_summary.json"; }

# right ID: what the job gave is what an undisturbed one gives.
right() {
  same out.jsonl want.jsonl
  says "outputs/$1/job_summary.json" '"status": "completed"'
  says "outputs/$1/job_summary.json" '"balanced": true'
  equal "$(ls -A "$HOME")" "" "nothing is written to the home directory"
  missing "outputs/$1/job.lock"
}

# attempts ID: how many runs it took.
attempts() { grep -c '"attempt":' "outputs/$1/job_summary.json"; }

start_cluster
