# Data sources, as people meet them when something goes wrong on the way.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;

# Who says "X-Login: yes" needs a password, which can be taken away.
my $t = Audience::Test->start(
    http => 'map $http_x_login $login { default off; yes audiences; }',
    server => 'auth_basic $login; auth_basic_user_file htpasswd;',
);


sub passwords { $t->write_file('htpasswd', $_[0]); return 1 }


# nginx has spooled all of an upload, for the worker to take.
sub wait_spooled
{
    $t->wait_for('an upload that is spooled', sub {
        grep { -s } glob($t->root . '/spool/*') });
    return 1;
}

# All connections end at once, and nobody listens.
sub kill_nginx
{
    my @workers = $t->nginx_workers;

    $t->stop_nginx('KILL');
    kill KILL => @workers;
    $t->wait_for("nginx's workers to end", sub {
        !grep { -e "/proc/$_/fd/0" } @workers });
    return 1;
}

passwords("ana:{PLAIN}secret\n");
tell_stories($t, 'sources_trouble',
    let_in => sub { passwords("ana:{PLAIN}secret\n") },
    expire => sub { passwords("bia:{PLAIN}other\n") },
    freeze_worker => sub { kill STOP => $t->pid('worker') },
    freeze_nginx => sub { kill STOP => $t->nginx_workers },
    thaw_nginx => sub { kill CONT => $t->nginx_workers },
    kill_nginx => \&kill_nginx,
    start_nginx => sub { $t->start_nginx; return 1 },
    thaw_worker => sub { kill CONT => $t->pid('worker') },
    wait_spooled => \&wait_spooled);
$t->finish;
