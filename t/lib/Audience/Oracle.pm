# Audience::Oracle: knows what was acknowledged.  Clients (Audience::Load) change
# things at random while processes are killed at random; then all is started
# again, and what is there is held against what was answered.
#
#   my $o = Audience::Oracle->new($t, seed => 7);
#   $o->turn for 1 .. 200;              # one assertion each
#   $o->finish;                         # all that ever was, once more; figures, in
#                                       # the file CRASH_FIGURES names, too
#
#   new($t, seed, clients => 3, cut => sub {…})
#       cut kills instead of the oracle: a power cut; the servers are down, and the
#       data folder is as the disk has it, when it returns
#
# What must be so of each call, once the jobs have ended:
#
#   answered 2xx      it is there at once after the start, and has its whole effect,
#                     once: people, files, names, e-mails
#   not answered      it has its whole effect once, or none; whichever it is stays so
#   … and sent again with its Idempotency-Key: as answered 2xx, still once
#
# $o->{made}{7} is call 7 with what is known of it: id and job; acked => 1, or 0;
# people: how many there are by it, names: what the audience is called (undef: it
# is gone), labels: what a person said of a conversation (undef: nothing) - lists of
# what may be, of one once it was seen.

package Audience::Oracle;

use strict;
use warnings;
use parent 'Audience::Oracle::Checks';

use IO::Socket::INET;
use JSON::PP ();
use Test::More;
use Time::HiRes ();

use Audience::Load;
use Audience::Mail;

my $json = JSON::PP->new->utf8;

my %types = (import => [qw(started prepared committed returned)],
             resolve => [qw(started prepared committed returned)],
             export => [qw(started written prepared committed returned)],
             merge => [qw(started prepared committed returned)],
             segment => [qw(started halfway prepared committed returned)],
             erase => [qw(true listed spooled rewritten revoked purged)]);


sub new
{
    my ($class, $t, %opt) = @_;

    my $o = bless { t => $t, clients => 3, made => {}, turn => 0, mails => {},
                    tenants => [qw(first second)], did => {}, %opt }, $class;

    srand $o->{seed};

    for my $tenant (@{ $o->{tenants} }) {       # so that the fields are there
        $t->import_file('f.csv', "phoneNumber,lote\n11987654321,none\n",
                        tenant => $tenant);
        my $r = $t->post('/v1/extras', '{"phone":"11987654321","extras":'
                         . '{"lote":"none"}}', type => 'application/x-ndjson',
                         tenant => $tenant);
        die "$r->{status}\n" unless $r->{status} == 202;
    }
    $o->settle;
    return $o;
}


# --- a turn --------------------------------------------------------------------

sub turn
{
    my ($o) = @_;

    my $n = ++$o->{turn};
    my @kills;

    $o->{problems} = [];
    $o->start_clients;

    my $kills = 1 + int rand 2;

    for my $k (1 .. $kills) {
        Time::HiRes::sleep(rand 0.3);
        push @kills, $o->kill_some;
        $o->stop_clients if $k == $kills;
        $o->start_all($k < $kills && rand() < 0.3);
    }

    my @new = $o->read_journals;

    $o->send_again(@new);
    $o->expect(@new);
    $o->is_there($_) for @new;
    $o->settle;
    $o->check($_) for $o->touched(@new), $o->some_of_before(5);
    $o->count_all;

    return $o->verdict("turn $n, " . join(', ', @kills) . ': '
                       . @new . ' calls');
}


sub verdict
{
    my ($o, $what) = @_;

    my @problems = @{ $o->{problems} };

    return ok(!@problems, $what)
        || diag("seed $o->{seed}:\n", map { "  $_\n" } splice @problems, 0, 20);
}


sub problem { push @{ $_[0]{problems} }, $_[1] }


sub start_clients
{
    my ($o) = @_;

    for my $client (1 .. $o->{clients}) {
        my $block = $o->{turn} * $o->{clients} + $client;
        my %opt = (t => $o->{t}, client => $client, made => $o->{made},
                   tenant => $o->{tenants}[$client % @{ $o->{tenants} }],
                   first => $block * Audience::Load::OPS(), seed => int rand 2**31,
                   journal => "$o->{t}{dir}/journal.$client");

        # One that is stopped before it begins has an empty one.
        $o->{t}->write_file("journal.$client", '');
        my $pid = fork // die "fork: $!";
        Audience::Load->run(%opt) if $pid == 0;
        $o->{pids}{$client} = $pid;
    }
}


sub stop_clients
{
    my ($o) = @_;

    kill 'TERM', values %{ $o->{pids} };
    waitpid $_, 0 for values %{ $o->{pids} };
}


# Kills one or both at once, and returns which.
sub kill_some
{
    my ($o) = @_;

    my $t = $o->{t};

    if ($o->{cut}) {
        my $at = Time::HiRes::time();

        $o->{cut}->();
        push @{ $o->{dark} }, [ $at, Time::HiRes::time() ];
        return 'power cut';
    }

    my $what = (qw(worker worker nginx both))[rand 4];

    kill_nginx($t) if $what ne 'worker';
    $t->kill_worker if $what ne 'nginx';
    $o->{did}{"kill of $what"}++;
    return $what;
}


# The master, too: nobody is left to start workers or to finish requests.  Their
# sockets go with the last of their threads.
sub kill_nginx
{
    my ($t) = @_;

    my @workers = $t->nginx_workers;

    $t->stop_process('nginx', 'KILL');
    kill 'KILL', @workers;
    $t->wait_for('nginx to be gone', sub {
        !grep { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $_) }
              $t->port, $t->http2_port });
}


# $doomed: the worker will kill itself at the first such point of a job.
sub start_all
{
    my ($o, $doomed) = @_;

    my $t = $o->{t};

    delete $t->{pids}{worker} if $t->pid('worker') && !$t->alive('worker');
    $t->kill_worker if $o->{doomed} && !$doomed;

    if (!$t->pid('worker')) {
        my $type = (sort keys %types)[rand keys %types];
        my $point = $types{$type}[rand @{ $types{$type} }];

        $t->start_worker($doomed ? (env => { AUDIENCE_FAULT => "$type:$point" },
                                    wait => 0) : ());
        $o->{doomed} = $doomed;
        $o->{did}{'worker doomed'}++ if $doomed;
    }

    $t->start_nginx unless $t->pid('nginx');
}


# The calls of this turn, in the order of their numbers.
sub read_journals
{
    my ($o) = @_;
    my @new;

    for my $client (1 .. $o->{clients}) {
        for my $line (split /\n/, $o->{t}->read_file("$o->{t}{dir}/journal.$client")) {
            my $entry = $json->decode($line);

            if (my $call = $entry->{sent}) {
                $o->{made}{ $call->{op} } = $call;
                push @new, $call;

            } else {
                $o->answered($o->{made}{ $entry->{op} }, $entry);
            }
        }
    }
    return @new;
}


sub answered
{
    my ($o, $call, $r) = @_;

    # What speaks when the power is gone is the simulation: between the first and
    # the last step of a shutdown of ext4 an fdatasync() may be told that all went
    # well (its transaction was dropped, and is none any more).
    my $late = grep { $r->{at} && $r->{at} > $_->[0] && $r->{at} < $_->[1] }
               @{ $o->{dark} || [] };

    my $how = $late ? 'unanswered'
              : $r->{status} =~ /^2/ ? 'acked'
              : $r->{status} =~ /^4/ || $call->{again} ? 'refused'
              : 'unanswered';

    # What was deleted by the call that had no answer.
    $how = 'acked' if $call->{kind} eq 'drop' && $call->{again}
                      && $r->{status} == 404;

    $o->{did}{"$call->{kind} $how"}++;
    $call->{acked} = 1 if $how eq 'acked';

    if ($how eq 'acked' && ref $r->{json} eq 'HASH') {
        $call->{id} //= $r->{json}{id};
        $call->{job} //= ($r->{json}{undo} || $r->{json})->{job};
    }

    # One that ended in the meantime.
    return if $call->{kind} eq 'cancel' && $r->{status} == 409;

    $o->problem("$call->{kind} $call->{op} ($call->{method} $call->{path}) is"
                . " refused: $r->{status} $r->{text}") if $how eq 'refused';
}


# As clients do that had no answer, half of the time.
sub send_again
{
    my ($o, @new) = @_;

    for my $call (grep { !$_->{acked} && $_->{kind} ne 'cancel' } @new) {
        next if rand() < 0.5;
        $call->{again} = 1;

        my ($r, $tries);

        do {
            Time::HiRes::sleep(0.02) if $tries++;
            $r = Audience::Load->send($o->{t}, $call);
        } while $r->{status} =~ /^(409|5..)$/ && $tries < 500;

        $o->{did}{'sent again'}++;
        $o->answered($call, $r);
    }
}


# What may be after these calls, of those that they made and changed.
sub expect
{
    my ($o, @new) = @_;

    for my $call (sort { $a->{op} <=> $b->{op} } @new) {
        my ($kind, $acked) = @$call{qw(kind acked)};
        my $of = $o->target($call);

        $call->{turn} = $o->{turn};
        $o->{erased}{ $call->{tenant} } = $o->{turn} if $kind eq 'erase';
        $of->{changed} = 1 if $of;
        $call->{people} = [ $acked ? () : 0, $call->{k} ]
            if $o->makes_people($kind);
        $call->{names} = [ $acked ? () : undef, "a$call->{op}" ]
            if $kind eq 'audience';

        $of->{labels} = [ $acked ? () : @{ $of->{labels} || [undef] },
                          $call->{label} ] if $kind eq 'correction';

        if ($kind eq 'rename' || $kind eq 'drop') {
            $of->{names} = [ $acked ? () : @{ $of->{names} }, $call->{name} ];

        } elsif ($call->{k} && $of) {
            my $file = $kind eq 'unrule' ? $o->target($of) : $of;
            my @then = map { $_ + $call->{k} } @{ $file->{people} };

            $file->{ruled} = 1 if $kind eq 'together';
            $file->{cancelled} = 1 if $kind eq 'cancel';
            $of->{gone} = 1 if $kind eq 'unrule';
            $file->{people} = [ $acked && $kind ne 'cancel' ? ()
                                : @{ $file->{people} }, @then ];
        }
    }
}


# Until all jobs have ended and queries see it.
sub settle
{
    my ($o) = @_;

    my $text;

    eval {
        $o->{t}->wait_for('all jobs to end', sub {
            $text = $o->{t}->get('/metrics')->{text};
            $text =~ /^audience_jobs\{/m
                && $text !~ /^audience_jobs\{.*\} [1-9]/m;
        });
        1
    } or die $@, "seed $o->{seed}:\n", $text =~ /^(audience_jobs\{.*\} [1-9].*\n)/mg;
    $o->{t}->wait_visible(tenant => $_) for @{ $o->{tenants} };

    for my $file (glob "$o->{t}{root}/outbox/*.eml") {
        next if $o->{read}{$file}++;
        my ($op) = Audience::Mail->read($file)->{to} =~ /user(\d+)@/ or next;
        $o->{mails}{$op}++;
    }
}


# These calls and what they changed, oldest first.
sub touched
{
    my ($o, @new) = @_;
    my %ops;

    for my $call (@new) {
        for (my $of = $call; $of; $of = $o->target($of)) {
            $ops{ $of->{op} } = $of;
        }
    }
    return map { $ops{$_} } sort { $a <=> $b } keys %ops;
}


sub target
{
    my ($o, $call) = @_;
    return defined $call->{target} ? $o->{made}{ $call->{target} } : undef;
}


sub some_of_before
{
    my ($o, $n) = @_;

    my @all = sort { $a <=> $b } keys %{ $o->{made} };
    return @all ? map { $o->{made}{ $all[rand @all] } } 1 .. $n : ();
}


# Everything that ever was acknowledged, once more.
sub finish
{
    my ($o) = @_;

    $o->{problems} = [];
    $o->settle;
    $o->check($o->{made}{$_}) for sort { $a <=> $b } keys %{ $o->{made} };
    $o->count_all;
    $o->check_lists;

    my $acked = grep { $_->{acked} } values %{ $o->{made} };

    $o->verdict("after $o->{turn} turns all $acked acknowledged calls of "
                . keys(%{ $o->{made} }) . ' have their effect, once');
    note(join "\n", "seed $o->{seed}", map { "$_: $o->{did}{$_}" }
         sort keys %{ $o->{did} });
    note_figures($o->{turn}, $acked, scalar keys %{ $o->{made} });
}


# For `make crash`, which adds those of all its runs.
sub note_figures
{
    my $path = $ENV{CRASH_FIGURES} or return;

    open my $file, '>>', $path or die "$path: $!";
    syswrite $file, "$0 @_\n";
}

1;
