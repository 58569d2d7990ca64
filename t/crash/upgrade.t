# nginx is replaced by a new program while people work (USR2, then QUIT to the old
# one): no request on a new connection fails, and no upload under way.

use lib 't/lib';
use Audience::Busy;
use Audience::Crash;
use Audience::Stack;
use Audience::Test;

my $t = Audience::Test->start(nginx => 0, worker => { 'import.area_code' => '11' });
my $csv = "phoneNumber,name\n"
          . join '', map { sprintf "119876%05d,Ana\n", $_ } 1 .. 3000;

# As a daemon: otherwise nginx ignores USR2.
$t->{port} = Audience::Stack::free_port();
$t->{http2_port} = Audience::Stack::free_port();
$t->write_nginx_conf;

my $conf = "$t->{dir}/nginx.conf";
my ($pid_file) = $t->read_file($conf) =~ /^\s*pid\s+(\S+);/m;
my %env = %{ Audience::Stack::sanitizer_env('nginx') };
$t->write_file('nginx.conf', join '', map({ "env $_;\n" } sort keys %env),
               $t->read_file($conf) =~ s/^daemon off;\n//r);
{
    local @ENV{keys %env} = values %env;
    system('/usr/sbin/nginx', '-p', $t->{dir}, '-c', $conf, '-e',
           "$t->{dir}/logs/error.log") == 0 or die "nginx does not start\n";
}
my $test = $$;
END { kill 'TERM', masters() if $pid_file && $$ == $test }


sub master { (eval { $t->read_file($_[0] // $pid_file) } // '') =~ /(\d+)/ ? $1 : 0 }
sub masters { grep { $_ } master(), master("$pid_file.oldbin") }
sub workers
{
    my ($master) = @_;
    my $path = "/proc/$master/task/$master/children";
    return -e $path ? split ' ', $t->read_file($path) : ();
}


# Its pieces come slowly, so that each sees the end of a program.
sub slow_pieces
{
    my @pieces = unpack '(a8000)*', $csv;
    return sub { select undef, undef, undef, 0.1; shift @pieces };
}


$t->wait_for('nginx', sub { master() && workers(master()) });
$t->import_file('first.csv', $csv);

my %work = (
    'slow uploads' => sub {
        $t->post('/v1/imports?filename=a.csv', slow_pieces(),
                 headers => { 'Content-Type' => 'text/csv' })->{status} == 202 },
    # Mostly in their last sync, which is a thread's, when a program is to end.
    'uploads' => sub {
        $t->upload('b.csv', substr $csv, 0, 500)->{status} == 202 },
    'queries' => sub { $t->count({ all => [] }) == 3000 },
    'calls'   => sub { $t->get('/v1/audiences')->{status} == 200 },
);
my %pid = map { $_ => busy($work{$_}) } sort keys %work;

for my $n (1 .. turns(2, 10)) {
    my $old = master();
    my @workers = workers($old);

    kill 'USR2', $old;
    $t->wait_for('the new program', sub {
        my $new = master();
        $new && $new != $old && workers($new);
    });
    kill 'QUIT', $old;
    $t->wait_for('the old one to end', sub {
        !grep { -d "/proc/$_" } $old, @workers });
    isnt(master(), $old, "another nginx serves, $n");
}

is(end_busy($pid{$_}), 0, "$_: nothing went wrong") for sort keys %pid;

my $last = master();
kill 'QUIT', $last;
$t->wait_for('nginx to end', sub { ! -d "/proc/$last" });
undef $pid_file;

my @left = glob "$t->{root}/spool/demo/*.part";
is(scalar @left, 0, 'no half file is left');
$t->finish;
