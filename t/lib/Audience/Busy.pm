# Audience::Busy: processes that do something again and again while a test does
# something else.
#
#   my $pid = busy(sub { $t->get('/v1/fields')->{status} == 200 });
#   …
#   is(end_busy($pid), 0, 'each time it went well');
#
#   busy($work)           forks; the child calls $work until it is told to stop
#   busy($work, $begin)   … and $begin once, before
#   end_busy($pid)        tells it, waits for it, and gives the number of times
#                         that $work gave nothing true (99: that often, or more)
#
# The child ends with the test, however that ends: it has an end of a pipe whose
# other end the test alone holds, and the kernel tells it when that is closed.

package Audience::Busy;

use strict;
use warnings;
use Exporter 'import';
use Fcntl qw(F_GETFL F_SETFL F_SETOWN O_ASYNC);
use POSIX ();

our @EXPORT = qw(busy end_busy);

my @ends;                               # the test's, of all its pipes


sub busy
{
    my ($work, $begin) = @_;

    pipe my $life, my $end or die "pipe: $!";
    push @ends, $end;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    my ($stop, $wrong) = (0, 0);
    $SIG{TERM} = sub { $stop = 1 };
    end_with_test($life);
    $begin->() if $begin;

    do {
        $wrong++ unless eval { $work->() };
        warn $@ if $@;
    } until $stop;

    POSIX::_exit($wrong > 99 ? 99 : $wrong);
}


# fcntl(2), "Signal-driven I/O".  The test may have gone before that.
sub end_with_test
{
    my ($life) = @_;

    close $_ for @ends;
    $SIG{IO} = sub { POSIX::_exit(99) };
    fcntl $life, F_SETOWN, $$ or die "F_SETOWN: $!";
    fcntl $life, F_SETFL, fcntl($life, F_GETFL, 0) | O_ASYNC
        or die "O_ASYNC: $!";

    vec(my $readable = '', fileno $life, 1) = 1;
    POSIX::_exit(99) if select $readable, undef, undef, 0;
}


sub end_busy
{
    my ($pid) = @_;

    kill 'TERM', $pid;
    waitpid $pid, 0;
    return $? & 127 ? 99 : $? >> 8;
}

1;
